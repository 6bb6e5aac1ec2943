"""Carts in batches: the rules of `update_cart`, in as many statements for a thousand changes as for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from customers.refusals import Refused
from customers.staging import next_ids, settled
from customers.upserting.known import hold_customers
from sales.actions.amounts import checked_currency
from sales.actions.carts import touched_event
from sales.actions.instants import refuse_instant
from sales.actions.lines import NewLine, PricedLine, price_lines, subtotal
from sales.events import CartOrdered
from sales.ingesting.tellers import Teller
from sales.models import Cart, CartLine, Order
from sales.refusals import clean_columns
from timeline.recording import record_many

_CHANGED = ("customer", "currency", "url", "total_minor", "touched_at", "ordered_at", "order", "archived_at")


class Change(StrEnum):
    WHOLE = "whole"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class CartChange:
    """`lines` are all that is in the cart now, or what was put into it or taken out. A `url` of None stays as it is."""

    key: str
    customer_id: int
    change: Change
    lines: Sequence[NewLine]
    currency: str
    touched_at: datetime
    url: str | None = None
    teller: Teller = Teller.SHOP


@dataclass(frozen=True)
class _Basket:
    """A cart as the changes so far have made it."""

    cart: Cart
    lines: Sequence[NewLine]
    priced: Sequence[PricedLine] = ()
    is_changed: bool = False


@transaction.atomic
def update_carts(changes: Sequence[CartChange]) -> dict[int, Refused]:
    """Carry out the changes one after the other. By position, why some could not be; the rest is done."""
    return settled(lambda: _update(changes), rows=len(changes))


@transaction.atomic
def order_carts(order_of: Mapping[str, int]) -> int:
    """Close the open carts of these keys by the orders that they became, each by its id. Returns how many.

    A cart of somebody else stays as it is, and so does one that was touched after the order.
    """
    orders = Order.objects.in_bulk(set(order_of.values()))
    open_carts = Cart.objects.open().select_for_update(of=("self",)).filter(key__in=order_of).order_by("pk")
    carts = []
    for cart in open_carts:
        order = orders[order_of[cart.key]]
        if cart.customer_id in {None, order.customer_id} and cart.touched_at <= order.placed_at:
            cart.ordered_at, cart.order, cart.customer_id = order.placed_at, order, order.customer_id
            carts.append(cart)
    if carts:
        Cart.objects.bulk_update(carts, ("ordered_at", "order", "customer"))
    return record_many(
        CartOrdered(
            customer_id=cart.customer_id, cart_id=cart.pk, order_id=order_of[cart.key], occurred_at=cart.ordered_at
        )
        for cart in carts
    )


def _update(changes: Sequence[CartChange]) -> dict[int, Refused]:
    hold_customers({change.customer_id for change in changes})
    baskets = _baskets({change.key for change in changes})
    refusals: dict[int, Refused] = {}
    events: list[Cart] = []
    for position, change in enumerate(changes):
        before = baskets.get(change.key) or _new_basket(change)
        try:
            after = _changed(before, change)
        except Refused as refusal:
            refusals[position] = refusal
            continue
        if after is not before:
            baskets[change.key] = after
            events.append(after.cart)
    _write([basket for basket in baskets.values() if basket.is_changed])
    ids = {key: basket.cart.pk for key, basket in baskets.items()}
    for cart in events:
        cart.pk = ids[cart.key]
    record_many(touched_event(cart) for cart in events)
    return refusals


def _baskets(keys: set[str]) -> dict[str, _Basket]:
    """Locked in one order, so that two batches cannot wait for each other."""
    carts = Cart.objects.with_lines().select_for_update(of=("self",)).filter(key__in=keys).order_by("pk")
    return {cart.key: _Basket(cart, [_as_new(line) for line in cart.lines.all()]) for cart in carts}


def _new_basket(change: CartChange) -> _Basket:
    at = change.touched_at
    return _Basket(Cart(key=change.key, currency=change.currency, created_at=at, touched_at=at), [])


def _changed(basket: _Basket, change: CartChange) -> _Basket:
    """The same basket where the change is old news, or not the teller's to tell. Raises Refused."""
    at = change.touched_at
    refuse_instant(at, field="touched_at", label="time of the cart")
    known = basket.cart
    if not _may_change(known, change):
        return basket
    if at < known.touched_at or (known.ordered_at is not None and at <= known.ordered_at):
        return basket
    is_open = known.ordered_at is None and known.archived_at is None
    lines = _lines_after(basket.lines if is_open else (), change)
    priced = price_lines(lines, currency=checked_currency(change.currency))
    cart = copy(known)
    cart.customer_id, cart.currency = change.customer_id, change.currency
    cart.url = known.url if change.url is None else change.url
    cart.total_minor, cart.touched_at = subtotal(priced), at
    cart.ordered_at, cart.order, cart.archived_at = None, None, None if priced else at
    clean_columns(cart)
    return _Basket(cart, lines, priced, is_changed=True)


def _may_change(cart: Cart, change: CartChange) -> bool:
    """A browser may change what is its customer's own. The key of a cart is no secret, and others may try it.

    A customer takes over the cart that they filled before they said who they were.
    """
    if change.teller == Teller.SHOP or cart.pk is None or cart.customer_id == change.customer_id:
        return True
    return change.teller == Teller.CUSTOMER and (cart.customer is None or cart.customer.is_anonymous)


def _lines_after(lines: Sequence[NewLine], change: CartChange) -> Sequence[NewLine]:
    if change.change is Change.WHOLE:
        return change.lines
    after = list(lines)
    for line in change.lines:
        same = next((each for each in after if _is_same(each, line)), None)
        sign = -1 if change.change is Change.REMOVED else 1
        quantity = (same.quantity if same else 0) + sign * line.quantity
        after = [each for each in after if each is not same]
        if quantity > 0:
            after.append(replace(line, quantity=quantity))
    return after


def _is_same(one: NewLine, other: NewLine) -> bool:
    if one.product or other.product:
        return one.product == other.product
    return one.description == other.description


def _as_new(line: CartLine) -> NewLine:
    return NewLine(
        product=line.product,
        description=line.description,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
    )


def _write(baskets: Sequence[_Basket]) -> None:
    """A cart that another transaction has just begun under the same key is an IntegrityError, and a new attempt."""
    known = [basket.cart for basket in baskets if basket.cart.pk is not None]
    new = [basket.cart for basket in baskets if basket.cart.pk is None]
    for cart, pk in zip(new, next_ids(Cart, len(new)) if new else (), strict=True):
        cart.pk = pk
    Cart.objects.bulk_create(new)
    if known:
        Cart.objects.bulk_update(known, _CHANGED)
        CartLine.objects.filter(cart__in=known).delete()
    CartLine.objects.bulk_create(line.of_cart(basket.cart.pk) for basket in baskets for line in basket.priced)
