"""Lists as CSV files, under the filters of the page. Those with names and addresses need a permission of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from accounts.csv_download import Rows, csv_download
from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from sales import queries
from sales.forms import CartFilterForm, OrderFilterForm, ProductFilterForm
from sales.models import Cart, Order, Product
from sales.money import typed
from sales.queries import CartFilter, OrderFilter, ProductFilter, ProductSales

BATCH = 2000
ORDER_COLUMNS = [
    *("number", "source", "channel", "placed_at", "status", "customer", "email", "currency", "total", "discount"),
    *("refunded", "units", "value", "value_currency"),
]
PRODUCT_COLUMNS = ["sku", "name", "category", "price", "currency", "url", "orders", "units", "buyers", "last_sold_on"]
CART_COLUMNS = ["key", "touched_at", "status", "customer", "email", "currency", "total", "url"]


@permits(Permission.EXPORT_CUSTOMERS)
@require_safe
def order_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    wanted = OrderFilter(**OrderFilterForm(request.GET).understood())
    home, zone = request.workspace.currency, request.workspace.tzinfo

    def batch(cursor: str) -> tuple[Rows, str | None]:
        page = keyset_page(queries.orders_for_list(wanted), sort="-placed_at", cursor=cursor, size=BATCH)
        return [_order_cells(order, home, zone) for order in page.rows], page.next_cursor

    return csv_download(request.workspace, name="orders", header=ORDER_COLUMNS, batch=batch)


@permits(Permission.VIEW_SALES)
@require_safe
def product_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    wanted = ProductFilter(**ProductFilterForm(request.GET).understood())
    home = request.workspace.currency

    def batch(cursor: str) -> tuple[Rows, str | None]:
        page = keyset_page(queries.products_for_list(wanted), sort="name", cursor=cursor, size=BATCH)
        sold = queries.sales_of([product.pk for product in page.rows])
        rows = [_product_cells(product, sold.get(product.pk, ProductSales()), home) for product in page.rows]
        return rows, page.next_cursor

    return csv_download(request.workspace, name="products", header=PRODUCT_COLUMNS, batch=batch)


@permits(Permission.EXPORT_CUSTOMERS)
@require_safe
def cart_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    wanted = CartFilter(**CartFilterForm(request.GET).understood())
    zone = request.workspace.tzinfo

    def batch(cursor: str) -> tuple[Rows, str | None]:
        page = keyset_page(queries.carts_for_list(wanted), sort="-touched_at", cursor=cursor, size=BATCH)
        return [_cart_cells(cart, zone) for cart in page.rows], page.next_cursor

    return csv_download(request.workspace, name="carts", header=CART_COLUMNS, batch=batch)


def _order_cells(order: Order, home: str, zone: ZoneInfo) -> list[Any]:
    return [
        *(order.number, order.source, order.channel, _instant(order.placed_at, zone), order.status.value),
        *_person(order.customer),
        order.currency,
        *(typed(minor, order.currency) for minor in (order.total_minor, order.discount_minor, order.refunded_minor)),
        *(order.units, typed(order.net_value_minor, home), home),
    ]


def _product_cells(product: Product, sold: ProductSales, home: str) -> list[Any]:
    return [
        *(product.sku, product.name, product.category, typed(product.price_minor, home), home, product.url),
        *(sold.orders, sold.units, sold.buyers, sold.last_sold_on),
    ]


def _cart_cells(cart: Cart, zone: ZoneInfo) -> list[Any]:
    return [
        *(cart.key, _instant(cart.touched_at, zone), cart.status.value),
        *_person(cart.customer),
        *(cart.currency, typed(cart.total_minor, cart.currency), cart.url),
    ]


def _person(customer: Customer | None) -> tuple[str, str]:
    return (customer.name, customer.email) if customer else ("", "")


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
