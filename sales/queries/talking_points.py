"""What to say to a customer who stands at the counter: their usual order, one suggestion, how often they come."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from accounts.scope import current_workspace_id
from customers.models import Customer, Facts
from sales.models import Product

# Of the customer's own: enough to tell a habit, few enough that an old one is forgotten.
OWN_ORDERS = 20
LEAST_ORDERS = 2
LEAST_SHARE = 0.4
# Of everybody's: the newest by one index, so that a shop with a million orders answers as fast as a new one.
NEWEST_ORDERS = 2_000
LEAST_TOGETHER = 3

_USUAL = """
with lately as materialized (
  select id from sales_order
  where workspace_id = %(workspace)s and customer_id = %(customer)s and archived_at is null and cancelled_at is null
  order by placed_on desc, id desc limit %(own)s)
select line.product_id, count(distinct line.order_id), (select count(*) from lately)
from lately join sales_orderline line on line.workspace_id = %(workspace)s and line.order_id = lately.id
join sales_product product on product.workspace_id = %(workspace)s and product.id = line.product_id
where product.archived_at is null
group by line.product_id order by 2 desc, max(line.order_id) desc limit 1
"""
_GOES_WITH = """
with newest as materialized (
  select id from sales_order
  where workspace_id = %(workspace)s and archived_at is null and cancelled_at is null
  order by placed_at desc, id desc limit %(newest)s),
with_usual as materialized (
  select distinct line.order_id
  from newest join sales_orderline line on line.workspace_id = %(workspace)s and line.order_id = newest.id
  where line.product_id = %(usual)s)
select line.product_id, count(distinct line.order_id) as together, (select count(*) from with_usual)
from with_usual join sales_orderline line on line.workspace_id = %(workspace)s and line.order_id = with_usual.order_id
join sales_product product on product.workspace_id = %(workspace)s and product.id = line.product_id
where line.product_id <> %(usual)s and product.archived_at is null
  and not exists (
    select from sales_order own
    join sales_orderline bought on bought.workspace_id = %(workspace)s and bought.order_id = own.id
    where own.workspace_id = %(workspace)s and own.customer_id = %(customer)s
      and bought.product_id = line.product_id)
group by line.product_id having count(distinct line.order_id) >= %(least)s
order by together desc, line.product_id limit 1
"""


@dataclass(frozen=True)
class Usual:
    """In `times` of the customer's last `orders` orders."""

    product: Product
    times: int
    orders: int


@dataclass(frozen=True)
class Suggestion:
    """Something they never bought: in `together` of the `orders` newest orders with their usual product."""

    product: Product
    usual: Product
    together: int
    orders: int


@dataclass(frozen=True)
class TalkingPoints:
    """`comes_every`: days between two purchase days on average, from the second one on."""

    usual: Usual | None
    suggestion: Suggestion | None
    comes_every: int | None


def talking_points(customer: Customer) -> TalkingPoints:
    """Five queries at most, none of which grows with the shop."""
    usual = _usual(customer)
    return TalkingPoints(usual, _suggestion(customer, usual.product) if usual else None, _rhythm(customer))


def _usual(customer: Customer) -> Usual | None:
    found = _first(_USUAL, customer, own=OWN_ORDERS)
    if found is None:
        return None
    product_id, times, orders = found
    if times < LEAST_ORDERS or times < orders * LEAST_SHARE:
        return None
    return Usual(Product.objects.get(pk=product_id), times, orders)


def _suggestion(customer: Customer, usual: Product) -> Suggestion | None:
    found = _first(_GOES_WITH, customer, usual=usual.pk, newest=NEWEST_ORDERS, least=LEAST_TOGETHER)
    if found is None:
        return None
    product_id, together, orders = found
    return Suggestion(Product.objects.get(pk=product_id), usual, together, orders)


def _rhythm(customer: Customer) -> int | None:
    facts = Facts.objects.filter(customer=customer, purchase_days__gt=1).first()
    if facts is None or facts.first_order_on is None or facts.last_order_on is None:
        return None
    return round((facts.last_order_on - facts.first_order_on).days / (facts.purchase_days - 1))


def _first(sql: str, customer: Customer, **parameters: int) -> tuple[int, int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"workspace": current_workspace_id(), "customer": customer.pk, **parameters})
        row: tuple[int, int, int] | None = cursor.fetchone()
    return row
