from __future__ import annotations

from datetime import datetime

from django.db import transaction

from customers.actions import erase_customer
from messaging.queries import never_confirmed


@transaction.atomic
def forget_unconfirmed(*, now: datetime, limit: int) -> int:
    """Erase at most `limit` of those whose address was typed in on the join page and never answered. Returns how many.

    Of anybody of whom anything else is known, such as an order or a note, nothing is taken.
    """
    strangers = never_confirmed(now=now, limit=limit)
    for stranger in strangers:
        erase_customer(stranger)
    return len(strangers)
