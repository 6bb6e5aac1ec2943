from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from accounts.scope import current_workspace
from sales.models import Cart
from sales.models.carts import CartQuerySet
from sales.queries.text_ranges import begins_with


@dataclass(frozen=True, kw_only=True)
class CartFilter:
    """`status` empty: all but the archived. `q` is the beginning of a key, or a customer's e-mail address."""

    q: str = ""
    status: str = ""
    customer: int | None = None


@dataclass(frozen=True)
class CartTotals:
    """`total_minor` sums those in the workspace's own currency; a cart has no rate."""

    carts: int
    total_minor: int
    in_other_currencies: int


def carts_for_list(wanted: CartFilter) -> CartQuerySet:
    """With their customers and orders."""
    carts = Cart.objects.having(wanted.status) if wanted.status else Cart.objects.exclude(archived_at__isnull=False)
    if wanted.q:
        by_email = Q(customer__email_norm=wanted.q.lower())
        carts = carts.filter(by_email if "@" in wanted.q else begins_with("key", wanted.q))
    if wanted.customer is not None:
        carts = carts.filter(customer_id=wanted.customer)
    return carts.select_related("customer", "order")


def cart_totals(wanted: CartFilter) -> CartTotals:
    at_home = Q(currency=current_workspace().currency)
    found = carts_for_list(wanted).aggregate(
        carts=Count("pk"),
        total_minor=Coalesce(Sum("total_minor", filter=at_home), 0),
        in_other_currencies=Count("pk", filter=~at_home),
    )
    return CartTotals(**found)


def cart_for_detail() -> CartQuerySet:
    return Cart.objects.with_lines().select_related("customer", "order")
