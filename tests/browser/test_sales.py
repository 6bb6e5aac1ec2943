"""Orders, products and carts, filled and empty, at both widths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from sales.actions import (
    NewLine,
    add_product,
    cancel_order,
    edit_order,
    fulfil_order,
    place_order,
    refund_order,
    update_cart,
)
from sales.models import Order
from tests.browser.conftest import OpenPage
from tests.browser.looking import complaints_of, findings_of, keep_screenshot, overflow_of
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

MONDAY = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
PATHS = {
    "order_list": "/orders/",
    "order_list_of_product": "/orders/?product={product}",
    "order_create": "/orders/new/",
    "order_detail": "/orders/{order}/",
    "order_edit": "/orders/{order}/edit/",
    "order_refund": "/orders/{order}/refund/",
    "order_cancellation": "/orders/{order}/cancellation/",
    "product_list": "/products/",
    "product_detail": "/products/{product}/",
    "product_buyers": "/products/{product}/buyers/",
    "product_create": "/products/new/",
    "cart_list": "/carts/",
    "cart_detail": "/carts/{cart}/",
    "cart_create": "/carts/new/",
}


@pytest.fixture
def shop(bakery: Workspace) -> dict[str, int]:
    """A week of a bakery. The ids by which its pages are opened."""
    with workspace_scope(bakery):
        rye = add_product(sku="RYE", name="Rye loaf", category="Bread", price_minor=450)
        cake = add_product(sku="CAKE", name="Birthday cake with candles", category="Cake", price_minor=3200)
        customers = [CustomerFactory(name=name) for name in ("Maria Weber", "Ørjan Ñandú de la Cruz", "李小龍")]
        for number in range(7):
            order = place_order(
                customer=customers[number % 3] if number else None,
                number=f"A-{number}",
                channel=("shop", "web", "market")[number % 3],
                placed_at=MONDAY + timedelta(hours=7 * number),
                lines=[NewLine(product=rye, quantity=number + 1), NewLine(product=cake)],
                discount_minor=100 * number,
                paid=number != 1,
            )
        cancel_order(Order.objects.get(number="A-2"))
        fulfil_order(order)
        refund_order(order, amount_minor=500, reason="One loaf was burnt")
        edit_order(order, channel="web")
        cart = update_cart(key="web-17", customer=customers[0], lines=[NewLine(product=cake)], touched_at=MONDAY)
    return {"order": order.pk, "product": rye.pk, "cart": cart.pk}


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_pages_of_sales_are_sound(
    bakery: Workspace, bakery_owner: User, shop: dict[str, int], open_page: OpenPage, viewport: str
) -> None:
    page = open_page(bakery_owner, viewport)
    complaints = complaints_of(page)
    found = {}
    for name, path in PATHS.items():
        page.goto(f"/w/bakery{path.format(**shop)}")
        keep_screenshot(page, f"{name}-{viewport}")
        found[name] = (findings_of(page), overflow_of(page))

    assert {name: bad for name, bad in found.items() if bad[0] or bad[1] > 0} == {}
    assert complaints == []


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_empty_lists_say_what_to_do(bakery: Workspace, bakery_owner: User, open_page: OpenPage, viewport: str) -> None:
    page = open_page(bakery_owner, viewport)
    for name in ("orders", "products", "carts"):
        page.goto(f"/w/bakery/{name}/")
        keep_screenshot(page, f"{name}-empty-{viewport}")
        expect(page.locator(".empty-state a")).to_have_attribute("href", f"/w/bakery/{name}/new/")
        assert (findings_of(page), overflow_of(page)) == ([], 0)
