from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from accounts.scope import current_workspace_id
from messaging.eligibility import survivors


@transaction.atomic
def remember_sendings(sent_at: Mapping[int, datetime]) -> None:
    """When each customer was last written to; what is known to be later stays. Merged ones count for their survivor."""
    owners = survivors(sent_at)
    latest: dict[int, datetime] = {}
    for customer_id, at in sent_at.items():
        if customer_id in owners:
            owner = owners[customer_id].pk
            latest[owner] = max(at, latest.get(owner, at))
    with connection.cursor() as cursor:
        cursor.execute(
            """update customers_facts f set last_sent_at = greatest(f.last_sent_at, s.at)
               from unnest(%s::bigint[], %s::timestamptz[]) as s(customer_id, at)
               where f.workspace_id = %s and f.customer_id = s.customer_id""",
            [list(latest), list(latest.values()), current_workspace_id()],
        )
