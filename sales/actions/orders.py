from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scope import current_workspace, current_workspace_id
from customers.models import Customer
from sales.actions.amounts import exchange_for, refuse_amount
from sales.actions.buyers import lock_buyer
from sales.actions.carts import order_cart
from sales.actions.instants import refuse_instant
from sales.actions.lines import NewLine, PricedLine, price_lines, subtotal
from sales.events import (
    OrderArchived,
    OrderCancelled,
    OrderChanged,
    OrderFulfilled,
    OrderPaid,
    OrderPlaced,
    OrderRestored,
)
from sales.models import Cart, Order, OrderLine
from sales.refusals import AmountRefused, LineRefused, NumberTaken, OrderClosed, clean_columns, translate
from timeline.recording import record, record_many
from timeline.registry import EventBody


class OrderChanges(TypedDict, total=False):
    customer: Customer | None
    number: str
    channel: str
    placed_at: datetime
    currency: str
    rate_micros: int | None
    lines: Sequence[NewLine]
    discount_minor: int


@transaction.atomic
def place_order(  # noqa: PLR0913  an order has this many sides, and all are named
    *,
    customer: Customer | None,
    placed_at: datetime,
    lines: Sequence[NewLine],
    number: str | None = None,
    source: str = "manual",
    channel: str = "",
    currency: str | None = None,
    rate_micros: int | None = None,
    discount_minor: int = 0,
    paid: bool = True,
    cart_key: str = "",
) -> Order:
    """Record a purchase; amounts in minor units of `currency`, by default the workspace's. Raises Refused.

    Another currency needs `rate_micros`, millionths of the workspace's for one of it. Without a number the order gets
    the next of its day. The customer's open cart of that key is closed by it.
    """
    order = Order(source=source, number=number or "", channel=channel, discount_minor=discount_minor)
    order.customer = lock_buyer(customer)
    order.placed_at, order.placed_on = placed_at, _day_of(placed_at)
    priced = _price(order, lines=lines, currency=currency, rate_micros=rate_micros)
    order.paid_at = placed_at if paid else None
    order.number = number or _next_number(source, order.placed_on)
    _save(order)
    OrderLine.objects.bulk_create(line.of_order(order.pk) for line in priced)
    record_many(_placed_events(order))
    if cart_key and (cart := _open_cart(cart_key, order)):
        order_cart(cart, order)
    return order


@transaction.atomic
def edit_order(order: Order, **changes: Unpack[OrderChanges]) -> Order:
    """Change what is named and nothing else; lines are replaced as a whole. Raises Refused."""
    order = _locked_open(order)
    buyer_before = order.customer_id
    if "customer" in changes:
        order.customer = lock_buyer(changes["customer"])
    if "placed_at" in changes:
        order.placed_at, order.placed_on = changes["placed_at"], _day_of(changes["placed_at"])
    order.number = changes.get("number", order.number)
    order.channel = changes.get("channel", order.channel)
    _edit_amounts(order, changes)
    order.updated_at = timezone.now()
    _save(order)
    record_many(OrderChanged.on_both(order_id=order.pk, before=buyer_before, after=order.customer_id))
    return order


@transaction.atomic
def pay_order(order: Order, *, paid_at: datetime | None = None) -> Order:
    """Paying twice changes nothing. Raises OrderClosed."""
    order = _locked_open(order)
    if order.paid_at is None:
        order.paid_at = paid_at or timezone.now()
        refuse_instant(order.paid_at, field="paid_at", label="time of payment")
        _stamp(order, "paid_at", OrderPaid(customer_id=order.customer_id, order_id=order.pk, occurred_at=order.paid_at))
    return order


@transaction.atomic
def fulfil_order(order: Order, *, fulfilled_at: datetime | None = None) -> Order:
    """The goods were handed over or sent. Doing it twice changes nothing. Raises OrderClosed."""
    order = _locked_open(order)
    if order.fulfilled_at is None:
        order.fulfilled_at = fulfilled_at or timezone.now()
        refuse_instant(order.fulfilled_at, field="fulfilled_at", label="time of fulfilment")
        event = OrderFulfilled(customer_id=order.customer_id, order_id=order.pk, occurred_at=order.fulfilled_at)
        _stamp(order, "fulfilled_at", event)
    return order


@transaction.atomic
def cancel_order(order: Order, *, cancelled_at: datetime | None = None) -> Order:
    """It no longer counts as bought; money that was paid is given back by `refund_order`. Raises OrderClosed."""
    order = _locked(order)
    if order.cancelled_at is None:
        _refuse_closed(order)
        order.cancelled_at = cancelled_at or timezone.now()
        refuse_instant(order.cancelled_at, field="cancelled_at", label="time of cancelling")
        event = OrderCancelled(customer_id=order.customer_id, order_id=order.pk, occurred_at=order.cancelled_at)
        _stamp(order, "cancelled_at", event)
    return order


@transaction.atomic
def reinstate_order(order: Order) -> Order:
    """Take a cancelling back: the order counts again, as it was. Raises OrderClosed for an archived one."""
    order = _locked(order)
    if order.archived_at is not None:
        _refuse_closed(order)
    if order.cancelled_at is not None:
        order.cancelled_at = None
        _stamp(order, "cancelled_at", OrderRestored(customer_id=order.customer_id, order_id=order.pk))
    return order


@transaction.atomic
def archive_order(order: Order) -> Order:
    """Put away what was entered by mistake: it no longer counts and its number stays taken."""
    order = _locked(order)
    if order.archived_at is None:
        order.archived_at = timezone.now()
        _stamp(order, "archived_at", OrderArchived(customer_id=order.customer_id, order_id=order.pk))
    return order


@transaction.atomic
def restore_order(order: Order) -> Order:
    order = _locked(order)
    if order.archived_at is not None:
        order.archived_at = None
        _stamp(order, "archived_at", OrderRestored(customer_id=order.customer_id, order_id=order.pk))
    return order


def _price(
    order: Order, *, lines: Sequence[NewLine], currency: str | None, rate_micros: int | None
) -> list[PricedLine]:
    exchange = exchange_for(currency, rate_micros)
    priced = price_lines(lines, currency=exchange.currency)
    if not priced:
        raise LineRefused(_("An order needs at least one line."))
    order.currency, order.rate_micros = exchange.currency, exchange.rate_micros
    order.units = sum(line.quantity for line in priced)
    _total(order, subtotal(priced))
    return priced


def _edit_amounts(order: Order, changes: OrderChanges) -> None:
    before = (order.currency, order.rate_micros)
    # Not the sum of the lines: an imported order may have none, or a total with postage in it.
    before_discount = order.total_minor + order.discount_minor
    order.discount_minor = changes.get("discount_minor", order.discount_minor)
    exchange = exchange_for(changes.get("currency", order.currency), _rate_after(order, changes))
    order.currency, order.rate_micros = exchange.currency, exchange.rate_micros
    if order.refunded_minor and before != (order.currency, order.rate_micros):
        raise AmountRefused(_("Part of this order was refunded: its currency and rate can't change."), field="currency")
    if "lines" in changes:
        priced = _price(order, lines=changes["lines"], currency=order.currency, rate_micros=order.rate_micros)
        order.lines.all().delete()
        OrderLine.objects.bulk_create(line.of_order(order.pk) for line in priced)
    else:
        _total(order, before_discount)
    if order.total_minor < order.refunded_minor:
        raise AmountRefused(_("More than the new total was already refunded."), field="lines")


def _rate_after(order: Order, changes: OrderChanges) -> int | None:
    """The old rate holds for the old currency only."""
    if "rate_micros" in changes:
        return changes["rate_micros"]
    return order.rate_micros if changes.get("currency", order.currency) == order.currency else None


def _total(order: Order, lines_minor: int) -> None:
    refuse_amount(order.discount_minor, field="discount_minor", label="discount")
    if order.discount_minor > lines_minor:
        raise AmountRefused(_("The discount is larger than the lines come to."), field="discount_minor")
    order.total_minor = lines_minor - order.discount_minor
    exchange = exchange_for(order.currency, order.rate_micros)
    order.value_minor = exchange.worth(order.total_minor)
    refuse_amount(order.value_minor, field="rate_micros", label="total in the workspace's currency")


def _day_of(placed_at: datetime) -> date:
    """The day in the workspace's zone. Raises DateRefused."""
    refuse_instant(placed_at, field="placed_at", label="day of the order")
    return placed_at.astimezone(current_workspace().tzinfo).date()


def _next_number(source: str, day: date) -> str:
    """The first free one of `260302-1`, `260302-2` …. Whoever asks at the same time waits for our commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('order number', %s))", [current_workspace_id()])
    of_source = Order.objects.filter(source=source)
    count = of_source.filter(placed_on=day).count() + 1
    while of_source.filter(number=f"{day:%y%m%d}-{count}").exists():
        count += 1
    return f"{day:%y%m%d}-{count}"


def _placed_events(order: Order) -> list[EventBody]:
    events: list[EventBody] = [
        OrderPlaced(
            customer_id=order.customer_id,
            order_id=order.pk,
            value_minor=order.value_minor,
            occurred_at=order.placed_at,
        )
    ]
    if order.paid_at:
        events.append(OrderPaid(customer_id=order.customer_id, order_id=order.pk, occurred_at=order.paid_at))
    return events


def _open_cart(key: str, order: Order) -> Cart | None:
    cart = Cart.objects.open().filter(key=key).first()
    return cart if cart and cart.customer_id in {None, order.customer_id} else None


def _save(order: Order) -> None:
    clean_columns(order)
    taken = NumberTaken(
        _("There is already an order “%(number)s” from %(source)s.") % {"number": order.number, "source": order.source},
        field="number",
    )
    with translate("one_order_per_number", taken):
        order.save()


def _stamp(order: Order, field: str, event: EventBody) -> None:
    order.updated_at = timezone.now()
    order.save(update_fields=[field, "updated_at"])
    record(event)


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def _locked_open(order: Order) -> Order:
    order = _locked(order)
    _refuse_closed(order)
    return order


def _refuse_closed(order: Order) -> None:
    if order.archived_at is not None:
        raise OrderClosed(_("Order %(number)s is archived. Restore it first.") % {"number": order.number})
    if order.cancelled_at is not None:
        raise OrderClosed(_("Order %(number)s was cancelled and can't be changed.") % {"number": order.number})
