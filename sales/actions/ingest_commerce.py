"""Segment's e-commerce events, carried out as orders and carts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.rest.errors import ApiError
from customers.actions.upsert import SHOP
from customers.ingesting.claiming import claim_keys, release_keys
from customers.ingesting.telling import ANONYMOUS, SOURCE, Person, Told, meet
from customers.models import Customer
from customers.outcomes import Status
from sales.actions.carts import order_cart, update_cart
from sales.actions.lines import NewLine
from sales.actions.upsert import OrderRow, upsert_orders
from sales.ingesting.calls import CheckedCall, object_of
from sales.ingesting.commerce import (
    PRODUCT_REMOVED,
    WHOLE_CARTS,
    cart_key,
    cart_lines,
    cart_url,
    currency_of,
    order_row,
    products_of,
)
from sales.ingesting.ingestion import Ingestion
from sales.models import Cart, Order


class _Fresh:
    """The calls whose keys are new, and who they are about; what is refused gives its key back."""

    def __init__(self, calls: Sequence[CheckedCall], done: Ingestion) -> None:
        new = claim_keys(call.key for call in calls)
        first = {call.key: call for call in reversed(calls) if call.key in new}
        self.people, refusals = meet(map(person_of, first.values()))
        self.calls = [call for call in calls if first.get(call.key) is call]
        self._done = done
        for call in self.calls:
            if reason := refusals.get(person_of(call)):
                done.errors[call.position] = ApiError("invalid_value", reason)
        self.calls = [call for call in self.calls if call.position not in done.errors]
        self._claimed = list(first.values())

    def settle(self) -> None:
        refused = [call.key for call in self._claimed if call.position in self._done.errors]
        release_keys(refused)
        self._done.add(Told(len(self._claimed) - len(refused), {}))


def person_of(call: CheckedCall) -> Person:
    return (SHOP, call.user) if call.user else (ANONYMOUS, call.visitor)


@transaction.atomic(savepoint=False)
def ingest_orders(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    """`Order Completed`: an order by its `order_id`, which closes the cart of its `cart_id`."""
    fresh = _Fresh(calls, done)
    rows: list[OrderRow] = []
    taken: list[tuple[CheckedCall, dict[str, Any]]] = []
    for call in fresh.calls:
        with done.refusing(call, within="properties"):
            properties = object_of("properties", call.properties)
            rows.append(
                order_row(
                    properties,
                    customer_id=fresh.people[person_of(call)],
                    occurred_at=datetime.fromisoformat(call.occurred_at),
                )
            )
            taken.append((call, properties))
    ordered: list[tuple[str, int]] = []
    for (call, properties), outcome in zip(taken, upsert_orders(rows, source=SOURCE), strict=True):
        if outcome.status is Status.REFUSED:
            done.errors[call.position] = ApiError("invalid_value", outcome.reason, param=f"properties.{outcome.field}")
        elif outcome.id is not None:
            ordered.append((cart_key(properties, person=person_of(call)[1]), outcome.id))
    _close_carts(ordered)
    fresh.settle()


def _close_carts(ordered: Iterable[tuple[str, int]]) -> None:
    order_of = dict(ordered)
    carts = Cart.objects.open().filter(key__in=order_of).order_by("pk")
    orders = Order.objects.in_bulk(list(order_of.values()))
    for cart in carts:
        order = orders[order_of[cart.key]]
        if cart.customer_id in {None, order.customer_id}:
            order_cart(cart, order)


@transaction.atomic(savepoint=False)
def ingest_carts(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    """`Cart Updated` and `Checkout Started` say all that is in a cart; `Product Added` and `Removed` what changed."""
    fresh = _Fresh(done.first_few(calls), done)
    customers = Customer.objects.in_bulk(set(fresh.people.values()))
    for call in fresh.calls:
        with done.refusing(call, within="properties"):
            _ingest_cart(call, customers[fresh.people[person_of(call)]])
    fresh.settle()


def _ingest_cart(call: CheckedCall, customer: Customer) -> None:
    properties = object_of("properties", call.properties)
    key = cart_key(properties, person=person_of(call)[1])
    currency = currency_of(properties)
    if call.name in WHOLE_CARTS:
        lines = cart_lines(products_of(properties), currency)
    else:
        (change,) = cart_lines([properties], currency)
        lines = _changed_lines(key, change, is_removal=call.name == PRODUCT_REMOVED)
    update_cart(
        key=key,
        customer=customer,
        lines=lines,
        currency=currency,
        url=cart_url(properties) if call.name in WHOLE_CARTS else "",
        touched_at=datetime.fromisoformat(call.occurred_at),
    )


def _changed_lines(key: str, change: NewLine, *, is_removal: bool) -> list[NewLine]:
    cart = Cart.objects.open().with_lines().select_for_update(of=("self",)).filter(key=key).first()
    lines = [
        NewLine(
            product=line.product,
            description=line.description,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
        )
        for line in (cart.lines.all() if cart else ())
    ]
    same = next((line for line in lines if _is_same(line, change)), None)
    others = [line for line in lines if line is not same]
    quantity = (same.quantity if same else 0) + (-change.quantity if is_removal else change.quantity)
    if quantity <= 0:
        return others
    return [
        *others,
        NewLine(
            product=change.product,
            description=change.description,
            quantity=quantity,
            unit_price_minor=change.unit_price_minor,
        ),
    ]


def _is_same(one: NewLine, other: NewLine) -> bool:
    if one.product or other.product:
        return one.product == other.product
    return one.description == other.description
