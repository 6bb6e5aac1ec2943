"""Segment's e-commerce events, carried out as orders and carts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.rest.errors import ApiError
from customers.actions.upsert import SHOP
from customers.ingesting.claiming import claim_keys, release_keys
from customers.ingesting.telling import ANONYMOUS, SOURCE, Person, Told, meet
from customers.outcomes import Status
from sales.actions.cart_batches import CartChange, Change, order_carts, update_carts
from sales.actions.upsert import OrderRow, upsert_orders
from sales.ingesting.calls import CheckedCall, object_of
from sales.ingesting.commerce import (
    PRODUCT_ADDED,
    PRODUCT_REMOVED,
    WHOLE_CARTS,
    CartRow,
    cart_key,
    cart_lines,
    cart_row,
    order_row,
    products_by_sku,
)
from sales.ingesting.ingestion import Ingestion
from sales.models import Product


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
    ordered: dict[str, int] = {}
    for (call, properties), outcome in zip(taken, upsert_orders(rows, source=SOURCE), strict=True):
        if outcome.status is Status.REFUSED:
            done.errors[call.position] = ApiError("invalid_value", outcome.reason, param=f"properties.{outcome.field}")
        elif outcome.id is not None:
            ordered[cart_key(properties, person=person_of(call)[1])] = outcome.id
    if ordered:
        order_carts(ordered)
    fresh.settle()


@transaction.atomic(savepoint=False)
def ingest_carts(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    """`Cart Updated` and `Checkout Started` say all that is in a cart; `Product Added` and `Removed` what changed."""
    fresh = _Fresh(calls, done)
    read: list[tuple[CheckedCall, CartRow]] = []
    for call in fresh.calls:
        with done.refusing(call, within="properties"):
            properties = object_of("properties", call.properties)
            read.append((call, cart_row(properties, person=person_of(call)[1], is_whole=call.name in WHOLE_CARTS)))
    products = products_by_sku(row for _, row in read)
    changes = [_cart_change(call, row, products, fresh.people[person_of(call)]) for call, row in read]
    for position, refusal in update_carts(changes).items():
        call, _ = read[position]
        with done.refusing(call, within="properties"):
            raise refusal
    fresh.settle()


def _cart_change(call: CheckedCall, row: CartRow, products: Mapping[str, Product], customer_id: int) -> CartChange:
    return CartChange(
        key=row.key,
        customer_id=customer_id,
        change=_CHANGES.get(call.name, Change.WHOLE),
        lines=cart_lines(row, products),
        currency=row.currency,
        touched_at=datetime.fromisoformat(call.occurred_at),
        url=row.url,
        teller=call.teller,
    )


_CHANGES = {PRODUCT_ADDED: Change.ADDED, PRODUCT_REMOVED: Change.REMOVED}
