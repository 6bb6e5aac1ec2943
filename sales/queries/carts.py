from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from accounts.scope import current_workspace
from sales.models import Cart
from sales.models.carts import CartQuerySet
from sales.queries.orders import MOST_SUMMED
from sales.queries.text_ranges import begins_with, of_address


@dataclass(frozen=True, kw_only=True)
class CartFilter:
    """`status` empty: all but the archived. `q` is the beginning of a key, or a customer's e-mail address."""

    q: str = ""
    status: str = ""
    customer: int | None = None


@dataclass(frozen=True)
class CartTotals:
    """`sums` are in minor units by currency, the workspace's own first: a cart has no rate.

    Where `is_cut`, there are more than MOST_SUMMED carts, and the sums are of some of them.
    """

    carts: int
    sums: dict[str, int]

    @property
    def is_cut(self) -> bool:
        return self.carts > MOST_SUMMED


def carts_for_list(wanted: CartFilter) -> CartQuerySet:
    """With their customers and orders."""
    carts = Cart.objects.having(wanted.status) if wanted.status else Cart.objects.exclude(archived_at__isnull=False)
    if wanted.q:
        carts = carts.filter(of_address(wanted.q) if "@" in wanted.q else begins_with("key", wanted.q))
    if wanted.customer is not None:
        carts = carts.filter(customer_id=wanted.customer)
    return carts.select_related("customer", "order")


def cart_totals(wanted: CartFilter) -> CartTotals:
    """What the filtered carts come to, in one query that reads at most MOST_SUMMED + 1 of them."""
    some = carts_for_list(wanted).order_by().values("pk")[: MOST_SUMMED + 1]
    by_currency = Cart.objects.filter(pk__in=some).order_by("currency").values_list("currency")
    rows = list(by_currency.annotate(carts=Count("pk"), total_minor=Sum("total_minor")))
    home = current_workspace().currency
    sums = {home: 0} | {currency: total_minor for currency, _, total_minor in rows}
    return CartTotals(sum(carts for _, carts, _ in rows), sums)


def cart_for_detail() -> CartQuerySet:
    return Cart.objects.with_lines().select_related("customer", "order")
