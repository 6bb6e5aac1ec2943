"""Rollups kept in step with the orders: what a touched customer's orders added before is taken back, then added anew.

Edits, refunds, merges and late orders are all the same case, and a replay changes nothing. One drain at a time holds
the subscriber's cursor, so no other transaction writes these tables in the workspace meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

from accounts.scope import current_workspace_id

# Each way to an order by itself, so that each takes its index: with `or`, every order was held against 5,000 ids.
_TOUCHED_ORDERS = """
    create temporary table if not exists touched_orders (order_id bigint primary key) on commit delete rows;
    delete from touched_orders;
    with recursive touched_customers(id) as (
      select unnest(%(customers)s::bigint[])
      union
      select c.merged_into_id from touched_customers
      join customers_customer c on c.workspace_id = %(workspace)s and c.id = touched_customers.id
      where c.merged_into_id is not null
    )
    insert into touched_orders
    select o.id from touched_customers touched
    join sales_order o on o.workspace_id = %(workspace)s and o.customer_id = touched.id
    union
    select o.id from unnest(%(orders)s::bigint[]) as touched(id)
    join sales_order o on o.workspace_id = %(workspace)s and o.id = touched.id
    union
    select counted.order_id from touched_customers touched
    join metrics_countedorder counted on counted.workspace_id = %(workspace)s and counted.customer_id = touched.id
    union
    select counted.order_id from unnest(%(orders)s::bigint[]) as touched(id)
    join metrics_countedorder counted on counted.workspace_id = %(workspace)s and counted.order_id = touched.id;
    analyze touched_orders
"""

# `is_first`: the earliest by instant, then by id, of all the customer's orders that count.
_COUNT_ANEW = """
    with gone as (
      delete from metrics_countedorder counted using touched_orders touched
      where counted.workspace_id = %(workspace)s and counted.order_id = touched.order_id
      returning counted.day, counted.channel, counted.revenue_minor, counted.units, counted.is_first,
                counted.customer_id
    ), back as (
      select day, channel, -count(*) as orders, -count(*) filter (where is_first) as first_orders,
             -count(*) filter (where customer_id is not null and not is_first) as repeat_orders,
             -sum(units) as units, -sum(revenue_minor) as revenue_minor
      from gone group by day, channel
    ), fresh as (
      select o.id, o.customer_id, o.placed_on as day, o.channel,
             o.value_minor - o.refunded_value_minor as revenue_minor, o.units,
             o.customer_id is not null
               and row_number() over (partition by o.customer_id order by o.placed_at, o.id) = 1 as is_first
      from sales_order o join touched_orders touched on touched.order_id = o.id
      where o.workspace_id = %(workspace)s and o.cancelled_at is null and o.archived_at is null
    ), forth as (
      select day, channel, count(*) as orders, count(*) filter (where is_first) as first_orders,
             count(*) filter (where customer_id is not null and not is_first) as repeat_orders,
             sum(units) as units, sum(revenue_minor) as revenue_minor
      from fresh group by day, channel
    ), changes as (
      select day, channel, sum(orders) as orders, sum(first_orders) as first_orders,
             sum(repeat_orders) as repeat_orders, sum(units) as units,
             sum(revenue_minor) as revenue_minor
      from (select * from back union all select * from forth) as both_ways group by day, channel
    )
    insert into metrics_daychannel as cell
      (workspace_id, day, channel, orders, first_orders, repeat_orders, units, revenue_minor)
    select %(workspace)s, day, channel, orders, first_orders, repeat_orders, units, revenue_minor from changes
    where orders <> 0 or first_orders <> 0 or repeat_orders <> 0 or units <> 0 or revenue_minor <> 0
    order by day, channel
    on conflict (workspace_id, day, channel) do update set
      orders = cell.orders + excluded.orders, first_orders = cell.first_orders + excluded.first_orders,
      repeat_orders = cell.repeat_orders + excluded.repeat_orders,
      units = cell.units + excluded.units, revenue_minor = cell.revenue_minor + excluded.revenue_minor
"""

# In the order of the ids: each row's foreign key locks its order, as whoever refunds several does in that order.
_REMEMBER = """
    insert into metrics_countedorder
      (workspace_id, order_id, customer_id, day, channel, revenue_minor, units, is_first)
    select o.workspace_id, o.id, o.customer_id, o.placed_on, o.channel, o.value_minor - o.refunded_value_minor, o.units,
           o.customer_id is not null
             and row_number() over (partition by o.customer_id order by o.placed_at, o.id) = 1
    from sales_order o join touched_orders touched on touched.order_id = o.id
    where o.workspace_id = %(workspace)s and o.cancelled_at is null and o.archived_at is null
    order by o.id
"""

_SWEEP = "delete from metrics_daychannel where workspace_id = %(workspace)s and orders = 0"


@transaction.atomic
def count_orders(*, customer_ids: Collection[int], order_ids: Collection[int]) -> None:
    """Bring the rollups up to date with these customers' orders, and with these orders."""
    words: dict[str, Any] = {
        "workspace": current_workspace_id(),
        "customers": list(customer_ids),
        "orders": list(order_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_ORDERS, words)
        cursor.execute(_COUNT_ANEW, words)
        cursor.execute(_REMEMBER, words)
        cursor.execute(_SWEEP, words)


@transaction.atomic
def recount_all_orders() -> None:
    """From nothing: what the incremental way must always agree with (`./run manage recount_metrics`)."""
    words = {"workspace": current_workspace_id()}
    with connection.cursor() as cursor:
        cursor.execute("delete from metrics_daychannel where workspace_id = %(workspace)s", words)
        cursor.execute("delete from metrics_countedorder where workspace_id = %(workspace)s", words)
        cursor.execute(
            "create temporary table if not exists touched_orders (order_id bigint primary key) on commit delete rows;"
            " delete from touched_orders;"
            " insert into touched_orders select id from sales_order where workspace_id = %(workspace)s",
            words,
        )
        cursor.execute(_COUNT_ANEW, words)
        cursor.execute(_REMEMBER, words)
