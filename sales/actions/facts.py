"""The facts that sales owns, counted anew from the rows: a batch of customers in one statement, replays harmless.

Locks are taken in the order of the customers' ids, so that batches of other subscribers wait and never deadlock.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

from accounts.scope import current_workspace_id

# The named customers and whoever merges left standing for them: an event keeps the id that it was recorded on.
_TOUCHED = """
    with recursive touched(id) as (
      select unnest(%(customers)s::bigint[])
      union
      select c.merged_into_id from touched
      join customers_customer c on c.workspace_id = %(workspace)s and c.id = touched.id
      where c.merged_into_id is not null
    )
"""


@transaction.atomic
def recount_purchases(customer_ids: Collection[int]) -> int:
    """Orders that count are neither cancelled nor archived; spent is net of refunds. Returns how many customers."""
    return _write(
        customer_ids,
        """
        insert into customers_facts as facts (workspace_id, customer_id, orders_count, purchase_days, units,
                                              spent_minor, first_order_on, last_order_on)
        select c.workspace_id, c.id, count(o.id), count(distinct o.placed_on),
               least(coalesce(sum(o.units), 0), 2147483647),
               coalesce(sum(o.value_minor - o.refunded_value_minor), 0), min(o.placed_on), max(o.placed_on)
        from customers_customer c
        left join sales_order o on o.workspace_id = c.workspace_id and o.customer_id = c.id
                               and o.cancelled_at is null and o.archived_at is null
        where c.workspace_id = %(workspace)s and c.id in (select id from touched)
        group by c.workspace_id, c.id
        order by c.id
        on conflict (customer_id) do update set
          (orders_count, purchase_days, units, spent_minor, first_order_on, last_order_on) =
          (excluded.orders_count, excluded.purchase_days, excluded.units, excluded.spent_minor,
           excluded.first_order_on, excluded.last_order_on)
        """,
    )


@transaction.atomic
def refresh_last_visits(customer_ids: Collection[int]) -> int:
    """Returns how many customers."""
    return _write(
        customer_ids,
        """
        insert into customers_facts as facts (workspace_id, customer_id, orders_count, purchase_days, units,
                                              spent_minor, last_visit_at)
        select c.workspace_id, c.id, 0, 0, 0, 0,
               greatest((select max(v.viewed_at) from sales_pageview v
                         where v.workspace_id = c.workspace_id and v.customer_id = c.id),
                        (select max(v.viewed_at) from sales_productview v
                         where v.workspace_id = c.workspace_id and v.customer_id = c.id))
        from customers_customer c
        where c.workspace_id = %(workspace)s and c.id in (select id from touched)
        order by c.id
        on conflict (customer_id) do update set last_visit_at = excluded.last_visit_at
        """,
    )


def _write(customer_ids: Collection[int], statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED + statement, {"customers": sorted(customer_ids), "workspace": current_workspace_id()})
        count: int = cursor.rowcount
    return count
