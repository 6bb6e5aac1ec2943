from __future__ import annotations

from datetime import datetime, timedelta

from accounts.scope import current_workspace_id
from customers.models import Customer

KEPT_ANONYMOUS = timedelta(days=90)


def unnamed_visitors(*, now: datetime, limit: int) -> list[Customer]:
    """Visitors who never said who they are, ordered nothing, and did nothing for KEPT_ANONYMOUS. Locked.

    What flows, segments and workers tell of them is not their doing.
    """
    rows = Customer.objects.raw(
        """select c.* from customers_customer c
           where c.workspace_id = %(workspace)s and c.is_anonymous and c.created_at < %(before)s
             and c.erased_at is null and c.merged_into_id is null
             and not exists (select from sales_order o where o.workspace_id = %(workspace)s and o.customer_id = c.id)
             and not exists (select from timeline_event e
                             where e.workspace_id = %(workspace)s and e.customer_id = c.id
                               and e.occurred_at >= %(before)s and e.actor <> 'system')
           order by c.id limit %(limit)s
           for update of c skip locked""",
        {"workspace": current_workspace_id(), "before": now - KEPT_ANONYMOUS, "limit": limit},
    )
    return list(rows)
