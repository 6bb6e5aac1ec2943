"""Lines as they are given to an action, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from accounts.languages import reader_locale
from accounts.scope import current_workspace
from customers.normalising import clean_line
from customers.refusals import ValueRefused
from sales.actions.amounts import refuse_amount
from sales.models import CartLine, OrderLine, Product
from sales.money import LARGEST_AMOUNT
from sales.refusals import AmountRefused, LineRefused

MOST_LINES = 500
MOST_UNITS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """Prices are minor units of the order's currency.

    A product gives its name and, in the workspace's own currency, its price where they are left out. `total_minor` is
    for shops whose line is not exactly quantity x price.
    """

    description: str = ""
    quantity: int = 1
    unit_price_minor: int | None = None
    product: Product | None = None
    total_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    position: int
    product: Product | None
    description: str
    quantity: int
    unit_price_minor: int
    total_minor: int

    def of_order(self, order_id: int) -> OrderLine:
        return OrderLine(
            order_id=order_id,
            product=self.product,
            position=self.position,
            description=self.description,
            quantity=self.quantity,
            unit_price_minor=self.unit_price_minor,
            total_minor=self.total_minor,
        )

    def of_cart(self, cart_id: int) -> CartLine:
        return CartLine(
            cart_id=cart_id,
            product=self.product,
            position=self.position,
            description=self.description,
            quantity=self.quantity,
            unit_price_minor=self.unit_price_minor,
        )


def price_lines(lines: Sequence[NewLine], *, currency: str) -> list[PricedLine]:
    """Number the lines from 1, fill in what the product knows. Raises LineRefused with the line's position."""
    if len(lines) > MOST_LINES:
        raise LineRefused(
            _("There are %(count)s lines; at most %(most)s fit.") % {"count": len(lines), "most": MOST_LINES}
        )
    return [_price(line, position, currency) for position, line in enumerate(lines, start=1)]


def quantity_fault() -> str:
    return _("The quantity must be between 1 and %(most)s.") % {
        "most": format_decimal(MOST_UNITS, locale=reader_locale())
    }


def subtotal(lines: Sequence[PricedLine]) -> int:
    """The sum of the lines, in minor units. Raises AmountRefused."""
    total = sum(line.total_minor for line in lines)
    if total > LARGEST_AMOUNT:
        raise AmountRefused(_("The total is too large."), field="lines")
    return total


def _price(line: NewLine, position: int, currency: str) -> PricedLine:
    if not 0 < line.quantity <= MOST_UNITS:
        raise _refused(position, quantity_fault())
    unit_price_minor = _unit_price(line, position, currency)
    total_minor = unit_price_minor * line.quantity if line.total_minor is None else line.total_minor
    try:
        refuse_amount(unit_price_minor, field="lines", label="price")
        refuse_amount(total_minor, field="lines", label="line's total")
        description = _description(line, position)
    except (AmountRefused, ValueRefused) as error:
        raise _refused(position, str(error)) from error
    return PricedLine(
        position=position,
        product=line.product,
        description=description,
        quantity=line.quantity,
        unit_price_minor=unit_price_minor,
        total_minor=total_minor,
    )


def _description(line: NewLine, position: int) -> str:
    if given := clean_line(line.description, field="description", longest=200):
        return given
    if line.product is None:
        raise _refused(position, _("Say what it is."))
    return line.product.name


def _unit_price(line: NewLine, position: int, currency: str) -> int:
    if line.unit_price_minor is not None:
        return line.unit_price_minor
    if line.total_minor is not None:
        return line.total_minor // line.quantity
    if line.product and currency == current_workspace().currency:
        return line.product.price_minor
    raise _refused(position, _("A price is missing."))


def _refused(position: int, reason: str) -> LineRefused:
    return LineRefused(_("Line %(position)s: %(reason)s") % {"position": position, "reason": reason}, position=position)
