"""An order as a batch brings one. Amounts are minor units of its currency; `None` leaves what is known as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

import msgspec
from django.utils.translation import gettext as _

from customers.models import Customer, ExternalId
from customers.outcomes import Outcome, refused
from customers.refusals import Refused
from customers.upserting.rows import is_storable, longest, text_fault
from sales.actions.amounts import refuse_amount
from sales.actions.instants import refuse_instant
from sales.actions.lines import MOST_LINES, MOST_UNITS, quantity_fault
from sales.models import Order, OrderLine, Product


class OrderLineRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A product that is not known by its SKU is added. Price or total give each other where one is left out."""

    sku: str = ""
    name: str = ""
    category: str = ""
    quantity: int = 1
    unit_price_minor: int | None = None
    total_minor: int | None = None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order, known by its number. Its customer is the first that is given: id, external id, address or name.

    `lines` are all of the order's, in order; without any, `units` says how much was bought. `refunded_minor` is the sum
    of all refunds so far. A currency other than the workspace's needs its rate.
    """

    number: str
    placed_at: datetime
    total_minor: int
    customer_id: int | None = None
    customer_external_id: str = ""
    customer_email: str = ""
    customer_email_norm: str = ""
    customer_name: str = ""
    channel: str | None = None
    currency: str | None = None
    rate_micros: int | None = None
    discount_minor: int | None = None
    refunded_minor: int | None = None
    units: int | None = None
    lines: Sequence[OrderLineRow] | None = None
    paid_at: datetime | None = None
    fulfilled_at: datetime | None = None
    cancelled_at: datetime | None = None


_AMOUNTS = {
    "total_minor": "total",
    "discount_minor": "discount",
    "refunded_minor": "refund",
    "units": "number of units",
}
_amounts_of = attrgetter(*_AMOUNTS)
_INSTANTS = {
    "placed_at": "day of the order",
    "paid_at": "time of payment",
    "fulfilled_at": "time of fulfilment",
    "cancelled_at": "time of cancelling",
}
_instants_of = attrgetter(*_INSTANTS)
_TEXTS = {
    "number": longest(Order, "number"),
    "channel": longest(Order, "channel"),
    "customer_external_id": longest(ExternalId, "value"),
    "customer_email": longest(Customer, "email"),
    "customer_email_norm": longest(Customer, "email_norm"),
    "customer_name": longest(Customer, "name"),
}
_texts_of = attrgetter(*_TEXTS)
_LINE_TEXTS = {
    "sku": longest(Product, "sku"),
    "name": longest(OrderLine, "description"),
    "category": longest(Product, "category"),
}


def fault_of(row: OrderRow) -> Outcome | None:
    """Why this order can't be: what its own values say, without a look at what is known already."""
    texts = _texts_of(row)
    are_storable = is_storable("".join(filter(None, texts)))
    for text, (name, limit) in zip(texts, _TEXTS.items(), strict=True):
        if text and (len(text) > limit or not are_storable) and (fault := text_fault(name, text, limit)):
            return fault
    if not row.number:
        return refused("number", _("An order needs a number."))
    try:
        _refuse_values(row)
    except Refused as refusal:
        return refused(refusal.field, str(refusal))
    return _lines_fault(row.lines or ())


def _refuse_values(row: OrderRow) -> None:
    for amount, (name, label) in zip(_amounts_of(row), _AMOUNTS.items(), strict=True):
        if amount:
            refuse_amount(amount, field=name, label=label)
    for at, (name, label) in zip(_instants_of(row), _INSTANTS.items(), strict=True):
        if at:
            refuse_instant(at, field=name, label=label)


def _lines_fault(lines: Sequence[OrderLineRow]) -> Outcome | None:
    if len(lines) > MOST_LINES:
        return refused(
            "lines",
            _("There are %(count)s lines; at most %(most)s fit.") % {"count": len(lines), "most": MOST_LINES},
        )
    for position, line in enumerate(lines, start=1):
        if fault := _line_fault(line):
            return refused("lines", _("Line %(position)s: %(reason)s") % {"position": position, "reason": fault})
    return None


def _line_fault(line: OrderLineRow) -> str:
    for name, limit in _LINE_TEXTS.items():
        value = getattr(line, name)
        if value and (fault := text_fault(name, value, limit)):
            return fault.reason
    if not line.sku and not line.name:
        return _("Say what it is.")
    if not 0 < line.quantity <= MOST_UNITS:
        return quantity_fault()
    if line.unit_price_minor is None and line.total_minor is None:
        return _("A price is missing.")
    try:
        refuse_amount(line.unit_price_minor or 0, field="lines", label="price")
        refuse_amount(line_total(line), field="lines", label="line's total")
    except Refused as refusal:
        return str(refusal)
    return ""


def line_total(line: OrderLineRow) -> int:
    return line.total_minor if line.total_minor is not None else line.quantity * (line.unit_price_minor or 0)


def unit_price(line: OrderLineRow) -> int:
    return line.unit_price_minor if line.unit_price_minor is not None else (line.total_minor or 0) // line.quantity
