from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from accounts.scope import current_workspace_id
from messaging.eligibility import survivors

# By what happened: the statement that keeps the newest.
_REMEMBER = {
    fact: f"""update customers_facts f set {fact} = greatest(f.{fact}, s.at)
              from unnest(%s::bigint[], %s::timestamptz[]) as s(customer_id, at)
              where f.workspace_id = %s and f.customer_id = s.customer_id"""  # noqa: S608  our own words
    for fact in ("last_sent_at", "last_opened_at", "last_clicked_at")
}


@transaction.atomic
def remember_sendings(sent_at: Mapping[int, datetime]) -> None:
    """When each customer was last written to; what is known to be later stays. Merged ones count for their survivor."""
    _remember("last_sent_at", sent_at)


@transaction.atomic
def remember_readings(opened_at: Mapping[int, datetime], clicked_at: Mapping[int, datetime]) -> None:
    """When each customer last read a message and last followed a link of one, as `remember_sendings` does."""
    _remember("last_opened_at", opened_at)
    _remember("last_clicked_at", clicked_at)


def _remember(fact: str, at_of: Mapping[int, datetime]) -> None:
    if not at_of:
        return
    owners = survivors(at_of)
    latest: dict[int, datetime] = {}
    for customer_id, at in at_of.items():
        if customer_id in owners:
            owner = owners[customer_id].pk
            latest[owner] = max(at, latest.get(owner, at))
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER[fact], [list(latest), list(latest.values()), current_workspace_id()])
