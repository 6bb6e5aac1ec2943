"""What is to be written for each order of a batch: settled in memory against what is known, before anything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import TypeVar

import msgspec
from django.utils.translation import gettext as _

from accounts.scope import current_workspace, current_workspace_id
from customers.outcomes import Outcome, refused
from customers.refusals import Refused
from customers.staging import fetch, texts
from sales.actions.amounts import Exchange, exchange_for, refuse_amount
from sales.actions.instants import EARLIEST
from sales.refusals import AmountRefused
from sales.upserting.rows import OrderRow, line_total, unit_price

Value = TypeVar("Value")
Line = tuple[int | None, str, int, int, int]
"""Product, description, quantity, price of one and total, in minor units."""


class State(msgspec.Struct, frozen=True, gc=False):
    """The columns of an order that a batch writes, as they are or as they shall be."""

    customer_id: int | None
    channel: str
    placed_at: datetime
    placed_on: date
    currency: str
    total_minor: int
    discount_minor: int
    rate_micros: int
    value_minor: int
    refunded_minor: int
    refunded_value_minor: int
    units: int
    paid_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None


COLUMNS = State.__struct_fields__
column_values = attrgetter(*COLUMNS)
STAMPS = ("paid_at", "fulfilled_at", "cancelled_at")


class Plan(msgspec.Struct, gc=False):
    """`before` is None for a new order, `lines` where they stay as they are."""

    id: int
    number: str
    before: State | None
    after: State
    lines: list[Line] | None
    warning: str = ""

    @property
    def is_changed(self) -> bool:
        return self.before != self.after or self.lines is not None

    @property
    def is_changed_beyond_stamps(self) -> bool:
        """What a stamp or a refund tells by an event of its own is left out."""
        if self.before is None or self.lines is not None:
            return self.before is not None
        told = {name: getattr(self.after, name) for name in (*STAMPS, "refunded_minor", "refunded_value_minor")}
        return msgspec.structs.replace(self.before, **told) != self.after


@dataclass(frozen=True, slots=True)
class Known:
    id: int
    is_archived: bool
    state: State
    lines: list[Line]


def known_orders(rows: Sequence[OrderRow], *, system: str) -> dict[str, Known]:
    """The orders that the batch speaks of, by number, with their lines."""
    columns = ", ".join(f"o.{name}" for name in COLUMNS)
    orders = fetch(
        f"select o.number, o.id, o.archived_at is not null, {columns} from sales_order o"  # noqa: S608  our own names
        " where o.workspace_id = %s and o.source = %s and o.number = any(%s::text[])",
        [current_workspace_id(), system, texts(row.number for row in rows)],
    )
    if not orders:
        return {}
    lines: dict[int, list[Line]] = {pk: [] for _, pk, *_ in orders}
    for order_id, *line in fetch(
        "select order_id, product_id, description, quantity, unit_price_minor, total_minor from sales_orderline"
        " where workspace_id = %s and order_id = any(%s) order by order_id, position",
        [current_workspace_id(), list(lines)],
    ):
        lines[order_id].append(tuple(line))
    return {number: Known(pk, gone, State(*values), lines[pk]) for number, pk, gone, *values in orders}


class Planning:
    """One order after the other; each pair of currency and rate is looked up once."""

    def __init__(self, products: Mapping[str, int]) -> None:
        self._products = products
        self._zone = current_workspace().tzinfo
        self._home = current_workspace().currency
        self._nothing_yet = _nothing_yet(self._home)
        self._exchanges: dict[tuple[str | None, int | None], Exchange] = {}

    def plan(self, row: OrderRow, buyer: int | None, known: Known | None, new_id: int) -> Plan | Outcome:
        before = known.state if known else None
        if known and (known.is_archived or (known.state.cancelled_at and not row.cancelled_at)):
            if known.is_archived:
                warning = _("This order is archived; it was left as it is.")
            else:
                warning = _("This order is cancelled; it was left as it is.")
            return Plan(known.id, row.number, before, known.state, None, warning)
        try:
            after = self._after(row, buyer, before)
        except Refused as refusal:
            return refused(refusal.field, str(refusal))
        lines = None if row.lines is None else self._lines(row)
        if known is None:
            return Plan(new_id, row.number, None, after, lines or None)
        is_less = row.refunded_minor is not None and row.refunded_minor < known.state.refunded_minor
        warning = "Less is given as refunded than was known; the refunds were left as they are." if is_less else ""
        return Plan(known.id, row.number, before, after, None if lines == known.lines else lines, warning)

    def _after(self, row: OrderRow, buyer: int | None, before: State | None) -> State:
        base = before or self._nothing_yet
        exchange = self._exchange(row, base)
        value = self._worth(exchange, row.total_minor)
        refuse_amount(value, field="rate_micros", label="total in the workspace's currency")
        refunded, refunded_value = self._refunds(row, base, exchange)
        return State(
            customer_id=_given(buyer, base.customer_id),
            channel=_given(row.channel, base.channel),
            placed_at=row.placed_at,
            placed_on=row.placed_at.astimezone(self._zone).date(),
            currency=exchange.currency,
            total_minor=row.total_minor,
            discount_minor=_given(row.discount_minor, base.discount_minor),
            rate_micros=exchange.rate_micros,
            value_minor=value,
            refunded_minor=refunded,
            refunded_value_minor=refunded_value,
            units=_given(sum(line.quantity for line in row.lines) if row.lines else row.units, base.units),
            paid_at=base.paid_at or row.paid_at,
            fulfilled_at=base.fulfilled_at or row.fulfilled_at,
            cancelled_at=base.cancelled_at or row.cancelled_at,
        )

    def _exchange(self, row: OrderRow, base: State) -> Exchange:
        """The rate that is known holds for its own currency only."""
        currency = row.currency or base.currency
        rate = row.rate_micros
        if rate is None and currency == base.currency and currency != self._home:
            rate = base.rate_micros or None
        if (currency, rate) not in self._exchanges:
            self._exchanges[currency, rate] = exchange_for(currency, rate)
        return self._exchanges[currency, rate]

    def _refunds(self, row: OrderRow, base: State, exchange: Exchange) -> tuple[int, int]:
        """In the order's currency and in the workspace's. Money that was given back is never taken back again."""
        if base.refunded_minor and (base.currency, base.rate_micros) != (exchange.currency, exchange.rate_micros):
            raise AmountRefused(
                _("Part of this order was refunded: its currency and rate can't change."), field="currency"
            )
        refunded = max(row.refunded_minor or 0, base.refunded_minor)
        if refunded > row.total_minor:
            raise AmountRefused(_("More was refunded than the order comes to."), field="refunded_minor")
        if refunded == base.refunded_minor:
            return refunded, base.refunded_value_minor
        return refunded, self._worth(exchange, refunded)

    def _worth(self, exchange: Exchange, amount_minor: int) -> int:
        return amount_minor if exchange.currency == self._home else exchange.worth(amount_minor)

    def _lines(self, row: OrderRow) -> list[Line]:
        return [
            (
                self._products[line.sku] if line.sku else None,
                line.name or line.sku,
                line.quantity,
                unit_price(line),
                line_total(line),
            )
            for line in row.lines or ()
        ]


def _nothing_yet(home: str) -> State:
    """What a new order starts from; it says itself when it was placed."""
    return State(
        customer_id=None,
        channel="",
        placed_at=EARLIEST,
        placed_on=EARLIEST.date(),
        currency=home,
        total_minor=0,
        discount_minor=0,
        rate_micros=0,
        value_minor=0,
        refunded_minor=0,
        refunded_value_minor=0,
        units=0,
        paid_at=None,
        fulfilled_at=None,
        cancelled_at=None,
    )


def _given(new: Value | None, known: Value) -> Value:
    return known if new is None else new
