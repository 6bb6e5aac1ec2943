from __future__ import annotations

from datetime import datetime

from django.db import transaction

from customers.actions import erase_customer
from sales.queries import unnamed_visitors


@transaction.atomic
def forget_visitors(*, now: datetime, limit: int) -> int:
    """Erase at most `limit` of the visitors who never said who they are and have stayed away. Returns how many.

    As whoever asks for it is erased, by the one way there is. The random id goes too: a browser that comes back with it
    is somebody new.
    """
    visitors = unnamed_visitors(now=now, limit=limit)
    for visitor in visitors:
        erase_customer(visitor)
    return len(visitors)
