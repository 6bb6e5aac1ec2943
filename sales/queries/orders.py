from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from accounts.scope import current_workspace_id
from customers.queries.filtering import Among
from sales.models import Order, OrderLine
from sales.models.orders import OrderQuerySet
from sales.queries.text_ranges import begins_with, of_address

ANY_STATUS = "any"
# A list of more is not summed at each load: nobody waits for half a million orders to be read.
MOST_SUMMED = 10_000


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """`status` empty: those that count, as everywhere else; `any` shows cancelled and archived ones as well.

    `q` is the beginning of a number, or a customer's e-mail address. Days are the workspace's, both included.
    """

    q: str = ""
    channel: str = ""
    status: str = ""
    placed_from: date | None = None
    placed_to: date | None = None
    customer: int | None = None
    product: int | None = None


@dataclass(frozen=True)
class OrderTotals:
    """`value_minor` is net of refunds, in the workspace's currency. `product_units` are of the product asked for.

    Where `is_cut`, there are more than MOST_SUMMED orders, and the sums are of some of them.
    """

    orders: int
    value_minor: int
    units: int
    product_units: int

    @property
    def is_cut(self) -> bool:
        return self.orders > MOST_SUMMED


def orders_for_list(wanted: OrderFilter) -> OrderQuerySet:
    """With their customers. Where one product is asked for, each has `product_units`."""
    orders = _orders(wanted)
    if wanted.product is not None:
        lines = OrderLine.objects.filter(order=OuterRef("pk"), product_id=wanted.product)
        units = lines.order_by().values("order").annotate(units=Sum("quantity")).values("units")
        orders = orders.annotate(product_units=Subquery(units))
    return orders.select_related("customer")


def _orders(wanted: OrderFilter) -> OrderQuerySet:
    orders = _by_status(wanted.status)
    if wanted.q:
        orders = orders.filter(_matching(wanted.q))
    if wanted.channel:
        orders = orders.filter(channel=wanted.channel)
    # Of the day and the instant only one may be looked up: Postgres takes them for independent, and few for both.
    day = Coalesce("placed_on", "placed_on")
    if wanted.placed_from:
        since = _days_after(wanted.placed_from, -2)
        orders = orders.filter(GreaterThanOrEqual(day, wanted.placed_from), placed_at__gte=since)
    if wanted.placed_to:
        until = _days_after(wanted.placed_to, 3)
        orders = orders.filter(LessThanOrEqual(day, wanted.placed_to), placed_at__lt=until)
    if wanted.customer is not None:
        orders = orders.filter(customer_id=wanted.customer)
    if wanted.product is not None:
        orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), product_id=wanted.product)))
    return orders


def _days_after(day: date, days: int) -> datetime:
    """About when, whichever zone the day was told in: the index of the newest orders then begins there."""
    try:
        return datetime.combine(day + timedelta(days=days), time(), UTC)
    except OverflowError:
        return datetime.combine(day, time.min if days < 0 else time.max, UTC)


def order_totals(wanted: OrderFilter) -> OrderTotals:
    """What the filtered orders come to, by reading at most MOST_SUMMED + 1 of them."""
    orders = _orders(wanted).order_by()
    found = orders[: MOST_SUMMED + 1].aggregate(
        orders=Count("pk"),
        value=Coalesce(Sum(F("value_minor") - F("refunded_value_minor")), 0),
        units=Coalesce(Sum("units"), 0),
    )
    are_summed = found["orders"] <= MOST_SUMMED
    of_product = _units_of(wanted.product, orders) if wanted.product is not None and are_summed else 0
    return OrderTotals(found["orders"], found["value"], found["units"], of_product)


def _units_of(product: int, orders: OrderQuerySet) -> int:
    lines = OrderLine.objects.filter(product_id=product, order__in=orders)
    units: int = lines.aggregate(units=Coalesce(Sum("quantity"), 0))["units"]
    return units


def order_for_detail() -> OrderQuerySet:
    return Order.objects.with_lines().with_refunds().select_related("customer")


def channels() -> list[str]:
    """Every channel that an order came through: one look into the index for each, however many orders there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with recursive known(channel) as (
                 (select min(channel) from sales_order where workspace_id = %(workspace)s and channel > '')
                 union all
                 select (select min(channel) from sales_order
                         where workspace_id = %(workspace)s and channel > known.channel)
                 from known where known.channel is not null
               ) select channel from known where channel is not null limit 200""",
            {"workspace": current_workspace_id()},
        )
        return [channel for (channel,) in cursor.fetchall()]


def _by_status(status: str) -> OrderQuerySet:
    if status == ANY_STATUS:
        return Order.objects.all()
    return Order.objects.having(status) if status else Order.objects.counted()


def _matching(words: str) -> Q | Among:
    if "@" in words:
        return of_address(words)
    number = begins_with("number", words)
    return number | begins_with("number", words.upper()) if words != words.upper() else number
