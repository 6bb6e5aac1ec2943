from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from sales.actions.amounts import checked_currency
from sales.actions.buyers import lock_buyer
from sales.actions.instants import refuse_instant
from sales.actions.lines import NewLine, PricedLine, price_lines, subtotal
from sales.events import CartArchived, CartOrdered, CartUpdated
from sales.models import Cart, CartLine, Order
from sales.refusals import clean_columns
from timeline.recording import record
from timeline.registry import EventBody


@transaction.atomic
def update_cart(  # noqa: PLR0913  all are named
    *,
    key: str,
    customer: Customer | None,
    lines: Sequence[NewLine],
    currency: str | None = None,
    url: str | None = None,
    touched_at: datetime | None = None,
) -> Cart:
    """Say what is in the cart of that key now; all of its lines. Raises Refused.

    Touched again it is the same cart; emptied, it is archived; news older than what is known is passed over; a key used
    again after its order begins anew. A cart keeps the customer and the `url` that it has until others are named.
    """
    touched_at = touched_at or timezone.now()
    refuse_instant(touched_at, field="touched_at", label="time of the cart")
    priced = price_lines(lines, currency=checked_currency(currency))
    cart = _locked_cart(key, touched_at)
    if touched_at < cart.touched_at or (cart.ordered_at is not None and touched_at <= cart.ordered_at):
        return cart
    cart.customer = lock_buyer(customer) or cart.customer
    cart.currency, cart.url = checked_currency(currency), cart.url if url is None else url
    cart.total_minor, cart.touched_at = subtotal(priced), touched_at
    cart.ordered_at, cart.order = None, None
    cart.archived_at = None if priced else touched_at
    clean_columns(cart)
    cart.save()
    _replace_lines(cart, priced)
    record(touched_event(cart))
    return cart


@transaction.atomic
def order_cart(cart: Cart, order: Order) -> Cart:
    """Close a cart by the order it became. Doing it twice changes nothing."""
    cart = Cart.objects.select_for_update(of=("self",)).get(pk=cart.pk)
    if cart.ordered_at is not None:
        return cart
    cart.ordered_at, cart.order, cart.archived_at = order.placed_at, order, None
    cart.customer_id = cart.customer_id or order.customer_id
    cart.save(update_fields=["ordered_at", "order", "archived_at", "customer"])
    record(CartOrdered(customer_id=cart.customer_id, cart_id=cart.pk, order_id=order.pk, occurred_at=order.placed_at))
    return cart


@transaction.atomic
def archive_cart(cart: Cart) -> Cart:
    """Put it away; touched again it comes back."""
    cart = Cart.objects.select_for_update(of=("self",)).get(pk=cart.pk)
    if cart.archived_at is None:
        cart.archived_at = timezone.now()
        cart.save(update_fields=["archived_at"])
        record(CartArchived(customer_id=cart.customer_id, cart_id=cart.pk))
    return cart


def _locked_cart(key: str, touched_at: datetime) -> Cart:
    """The cart of that key, made if it is new. Two that come at once meet in the unique key, and then in the lock."""
    fresh = Cart(key=key, currency=checked_currency(None), created_at=touched_at, touched_at=touched_at)
    clean_columns(fresh)
    locked = Cart.objects.select_for_update(of=("self",)).filter(key=key)
    if cart := locked.first():
        return cart
    Cart.objects.bulk_create([fresh], ignore_conflicts=True)
    return locked.get()


def _replace_lines(cart: Cart, priced: Sequence[PricedLine]) -> None:
    cart.lines.all().delete()
    CartLine.objects.bulk_create(line.of_cart(cart.pk) for line in priced)


def touched_event(cart: Cart) -> EventBody:
    if cart.archived_at is not None:
        return CartArchived(customer_id=cart.customer_id, cart_id=cart.pk, occurred_at=cart.touched_at)
    return CartUpdated(
        customer_id=cart.customer_id, cart_id=cart.pk, total_minor=cart.total_minor, occurred_at=cart.touched_at
    )
