"""Orders and carts as Segment's e-commerce events tell them: amounts in units of their currency, with decimals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from accounts.scope import current_workspace
from customers.normalising import clean_line
from customers.refusals import ValueRefused
from sales.actions.lines import MOST_LINES, MOST_UNITS, NewLine
from sales.actions.upsert import OrderLineRow, OrderRow
from sales.models import Product
from sales.money import LARGEST_AMOUNT, is_currency, minor_per_unit

ORDER_COMPLETED = "Order Completed"
CART_UPDATED = "Cart Updated"
CHECKOUT_STARTED = "Checkout Started"
PRODUCT_ADDED = "Product Added"
PRODUCT_REMOVED = "Product Removed"
PRODUCT_VIEWED = "Product Viewed"
WHOLE_CARTS = frozenset({CART_UPDATED, CHECKOUT_STARTED})
CART_CHANGES = frozenset({PRODUCT_ADDED, PRODUCT_REMOVED})

Properties = Mapping[str, Any]
# What a message may lead to.
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)


def order_row(properties: Properties, *, customer_id: int, occurred_at: datetime) -> OrderRow:
    """Raises ValueRefused naming the property."""
    currency = currency_of(properties)
    lines = [order_line(product, position, currency) for position, product in enumerate(products_of(properties))]
    total = _first(properties, "total", "revenue", "value")
    if total is None and not lines:
        raise ValueRefused("Say what was paid: send a total.", field="total")
    of_lines = sum(line.total_minor or 0 for line in lines)
    return OrderRow(
        number=_text(properties, "order_id", "orderId", longest=120, required="order_id"),
        placed_at=occurred_at,
        paid_at=occurred_at,
        customer_id=customer_id,
        channel=_text(properties, "channel", longest=60) or "web",
        currency=currency,
        total_minor=of_lines if total is None else minor_units(total, currency, "total"),
        discount_minor=minor_units(properties.get("discount") or 0, currency, "discount"),
        lines=lines or None,
    )


def order_line(product: Properties, position: int | None, currency: str) -> OrderLineRow:
    """`position`: in the list of products; None for one that the event itself is about."""
    where = "" if position is None else f"products[{position}]"
    quantity = _quantity(product, where)
    price = minor_units(product.get("price") or 0, currency, _below(where, "price"))
    return OrderLineRow(
        sku=_text(product, "sku", "product_id", "productId", longest=80, within=where),
        name=_text(product, "name", longest=200, within=where),
        category=_text(product, "category", longest=120, within=where),
        quantity=quantity,
        unit_price_minor=price,
        total_minor=quantity * price,
    )


@dataclass(frozen=True)
class CartRow:
    """A cart, or what changed in it. `url` is None where nothing is said of it."""

    key: str
    currency: str
    url: str | None
    lines: Sequence[OrderLineRow]


def cart_row(properties: Properties, *, person: str, is_whole: bool) -> CartRow:
    """Raises ValueRefused naming the property."""
    currency = currency_of(properties)
    products = enumerate(products_of(properties)) if is_whole else [(None, properties)]
    return CartRow(
        key=cart_key(properties, person=person),
        currency=currency,
        url=(cart_url(properties) or None) if is_whole else None,
        lines=[order_line(product, position, currency) for position, product in products],
    )


@dataclass(frozen=True)
class ProductViewRow:
    """`price_minor` is None where no price was told."""

    sku: str
    name: str
    price_minor: int | None
    currency: str
    url: str


def product_view_row(properties: Properties) -> ProductViewRow:
    """Raises ValueRefused naming the property."""
    currency, price = currency_of(properties), properties.get("price")
    row = ProductViewRow(
        sku=_text(properties, "sku", "product_id", "productId", longest=80),
        name=_text(properties, "name", longest=200),
        price_minor=None if price is None else minor_units(price, currency, "price"),
        currency=currency,
        url=_text(properties, "url", longest=500),
    )
    if not row.sku and not row.name:
        raise ValueRefused("Say which product it was: send its sku.", field="sku")
    if row.url and not _ADDRESS.fullmatch(row.url):
        raise ValueRefused("Write an address that begins with https://.", field="url")
    return row


def products_by_sku(rows: Iterable[CartRow]) -> dict[str, Product]:
    skus = {line.sku for row in rows for line in row.lines if line.sku}
    return {product.sku: product for product in Product.objects.filter(sku__in=skus)} if skus else {}


def cart_lines(row: CartRow, products: Mapping[str, Product]) -> list[NewLine]:
    """A product that is not known by its SKU is named in its line, and no more."""
    return [
        NewLine(
            product=products.get(line.sku),
            description=line.name or line.sku,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
        )
        for line in row.lines
    ]


def products_of(properties: Properties) -> Sequence[Properties]:
    products = properties.get("products") or []
    if not isinstance(products, list) or not all(isinstance(product, dict) for product in products):
        raise ValueRefused("Send a list of objects.", field="products")
    if len(products) > MOST_LINES:
        raise ValueRefused(f"There are {len(products)}; at most {MOST_LINES} fit.", field="products")
    return products


def currency_of(properties: Properties) -> str:
    currency = properties.get("currency") or current_workspace().currency
    if not isinstance(currency, str) or not is_currency(currency.upper()):
        raise ValueRefused("Write a currency as its three letters, such as EUR.", field="currency")
    return currency.upper()


def cart_key(properties: Properties, *, person: str) -> str:
    """Somebody without a cart's id has one cart."""
    return _text(properties, "cart_id", "cartId", "checkout_id", longest=120) or person[:120]


def cart_url(properties: Properties) -> str:
    return _text(properties, "url", "cart_url", longest=500)


def minor_units(value: Any, currency: str, field: str) -> int:
    """27.5 EUR is 2750. Raises ValueRefused."""
    try:
        amount = Decimal(str(value).lower() if isinstance(value, int | float | str) else "nothing")
        minor = int((amount * minor_per_unit(currency)).quantize(Decimal(1), ROUND_HALF_UP))
    except (ArithmeticError, ValueError):
        raise ValueRefused("Write an amount as a number, such as 27.50.", field=f"{field}") from None
    if not 0 <= minor <= LARGEST_AMOUNT:
        raise ValueRefused("The amount is negative or too large.", field=f"{field}")
    return minor


def _quantity(product: Properties, where: str) -> int:
    quantity = product.get("quantity", 1)
    if isinstance(quantity, float) and quantity.is_integer():
        quantity = int(quantity)
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity <= MOST_UNITS:
        raise ValueRefused(f"Write a whole number from 1 to {MOST_UNITS:,}.", field=_below(where, "quantity"))
    return quantity


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _first(properties: Properties, *names: str) -> Any:
    return next((properties[name] for name in names if properties.get(name) is not None), None)


def _text(properties: Properties, *names: str, longest: int, required: str = "", within: str = "") -> str:
    value = _first(properties, *names)
    field = _below(within, names[0])
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise ValueRefused("Write a text.", field=field)
    text = clean_line(str(value), field=field, longest=longest) if value is not None else ""
    if required and not text:
        raise ValueRefused("This is missing.", field=f"{required}")
    return text
