from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q, QuerySet, Sum

from customers.models import Customer
from sales.models import OrderLine, Product
from sales.models.products import ProductQuerySet


@dataclass(frozen=True, kw_only=True)
class ProductFilter:
    """`q` stands somewhere in the name or the SKU."""

    q: str = ""
    category: str = ""
    is_archived: bool = False


@dataclass(frozen=True)
class ProductSales:
    """Of orders that count."""

    orders: int = 0
    units: int = 0
    buyers: int = 0
    last_sold_on: date | None = None


@dataclass(frozen=True)
class Buyer:
    customer: Customer
    orders: int
    units: int
    last_bought_on: date


def products_for_list(wanted: ProductFilter) -> ProductQuerySet:
    products = Product.objects.filter(archived_at__isnull=not wanted.is_archived)
    if wanted.q:
        # No index helps a word in the middle, and a shop's catalogue is short enough to be read through.
        products = products.filter(Q(name__icontains=wanted.q) | Q(sku__icontains=wanted.q))
    if wanted.category:
        products = products.filter(category=wanted.category)
    return products


def sales_of(product_ids: Collection[int]) -> dict[int, ProductSales]:
    """What each product sold, in one query; those that never sold are left out."""
    rows = (
        _counted_lines()
        .filter(product_id__in=product_ids)
        .values("product_id")
        .annotate(
            orders=Count("order_id", distinct=True),
            units=Sum("quantity"),
            buyers=Count("order__customer_id", distinct=True),
            last_sold_on=Max("order__placed_on"),
        )
        .order_by()
    )
    return {
        row["product_id"]: ProductSales(row["orders"], row["units"], row["buyers"], row["last_sold_on"]) for row in rows
    }


def buyers_of(product: Product, *, before: tuple[date, int] | None = None, size: int = 50) -> list[Buyer]:
    """Customers who bought it, the latest first; `before` is the last day and customer id of the page before."""
    rows = (
        _counted_lines()
        .filter(product=product, order__customer__isnull=False)
        .values("order__customer_id")
        .annotate(orders=Count("order_id", distinct=True), units=Sum("quantity"), last=Max("order__placed_on"))
        .order_by("-last", "-order__customer_id")
    )
    if before:
        day, customer_id = before
        rows = rows.filter(Q(last__lt=day) | Q(last=day, order__customer_id__lt=customer_id))
    found = list(rows[:size])
    customers = Customer.objects.in_bulk([row["order__customer_id"] for row in found])
    return [Buyer(customers[row["order__customer_id"]], row["orders"], row["units"], row["last"]) for row in found]


def best_sellers(*, since: date, limit: int) -> list[Product]:
    """Those on offer that sold most units since that day, the most first."""
    rows = (
        _counted_lines()
        .filter(order__placed_on__gte=since, product__archived_at=None, product__isnull=False)
        .values("product_id")
        .annotate(units=Sum("quantity"))
        .order_by("-units", "product_id")
    )
    ids = [row["product_id"] for row in rows[:limit]]
    products = Product.objects.in_bulk(ids)
    return [products[each] for each in ids]


def categories() -> list[str]:
    return list(Product.objects.exclude(category="").order_by("category").values_list("category", flat=True).distinct())


def _counted_lines() -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order__cancelled_at=None, order__archived_at=None)
