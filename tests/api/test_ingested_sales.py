"""What Segment's e-commerce events become: orders and carts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from sales.models import Cart, Order, ProductView
from tests.api.conftest import ApiClient
from tests.factories.sales import ProductFactory
from timeline.models import Event

PRODUCTS = [{"sku": "RYE", "name": "Rye loaf", "price": 4.2, "quantity": 2}, {"name": "Pretzel", "price": "1.20"}]
SALE = {"order_id": "W-1", "total": 9.6, "discount": 0, "currency": "eur", "channel": "web", "products": PRODUCTS}


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        yield


def sale(event: str, properties: Any, *, at: str = "10:00", user: str = "7", **more: Any) -> dict[str, Any]:
    timestamp = f"2026-06-01T{at}:00Z"
    return {"type": "track", "userId": user, "event": event, "timestamp": timestamp, "properties": properties, **more}


def tell_all(shop: ApiClient, *calls: Any) -> Any:
    return shop.tell("/batch", {"batch": list(calls)}).json()


def lines_of(cart: Cart) -> list[tuple[str, int, int]]:
    return list(cart.lines.order_by("position").values_list("description", "quantity", "unit_price_minor"))


def kinds() -> list[str]:
    return list(Event.objects.exclude(kind__startswith="Customer").order_by("pk").values_list("kind", flat=True))


def test_a_completed_order_is_an_order_that_was_paid(shop: ApiClient) -> None:
    call = sale("Order Completed", SALE, messageId="m-1")

    assert tell_all(shop, call, call) == {"accepted": 1, "duplicates": 1, "errors": []}
    assert shop.tell("/track", call).json()["duplicates"] == 1

    order = Order.objects.get()
    assert (order.number, order.source, order.channel, order.currency) == ("W-1", "shop", "web", "EUR")
    assert (order.total_minor, order.units) == (960, 3)
    assert order.placed_at == order.paid_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert order.customer == Customer.objects.get()
    assert [line.total_minor for line in order.lines.order_by("position")] == [840, 120]


def test_the_same_order_told_anew_is_changed_and_not_doubled(shop: ApiClient) -> None:
    tell_all(shop, sale("Order Completed", SALE), sale("Order Completed", {**SALE, "total": 10}))

    assert Order.objects.get().total_minor == 1000


def test_a_visitor_s_order_is_theirs(shop: ApiClient) -> None:
    call = {
        "type": "track",
        "anonymousId": "a-1",
        "event": "Order Completed",
        "properties": {"orderId": 7, "revenue": 5},
    }

    assert tell_all(shop, call)["accepted"] == 1
    assert Order.objects.get().customer == Customer.objects.get(is_anonymous=True)


@pytest.mark.parametrize("event", ["Cart Updated", "Checkout Started"])
def test_a_whole_cart_is_what_is_in_it_now(shop: ApiClient, event: str) -> None:
    rye = ProductFactory(sku="RYE")

    tell_all(
        shop,
        sale("Cart Updated", {"cart_id": "c-1", "products": [{"name": "Bun", "price": 1}]}, at="09:00"),
        sale(event, {"cart_id": "c-1", "products": PRODUCTS, "url": "https://bakery.example/cart"}),
    )

    cart = Cart.objects.get()
    assert lines_of(cart) == [("Rye loaf", 2, 420), ("Pretzel", 1, 120)]
    assert (cart.key, cart.total_minor, cart.url, cart.status) == ("c-1", 960, "https://bakery.example/cart", "open")
    assert cart.lines.get(position=1).product == rye
    assert kinds() == ["CartUpdated", "CartUpdated"]


@pytest.mark.parametrize("count", [1, 60])
def test_products_looked_at_are_views_of_theirs(shop: ApiClient, count: int) -> None:
    seen = {"product_id": 7, "name": 'Rye "dark" loaf', "price": "4.20", "url": "https://bakery.example/rye?size=1"}
    calls = [sale("Product Viewed", seen, messageId=f"m-{number}") for number in range(count)]

    assert tell_all(shop, *calls)["accepted"] == count
    assert tell_all(shop, calls[0])["duplicates"] == 1

    views = ProductView.objects.values_list("sku", "name", "price_minor", "currency", "url", "viewed_at")
    at = datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert set(views) == {("7", 'Rye "dark" loaf', 420, "EUR", "https://bakery.example/rye?size=1", at)}
    assert kinds() == ["ProductViewed"] * count


@pytest.mark.parametrize(
    ("properties", "param"),
    [({}, "sku"), ({"sku": "R", "price": -1}, "price"), ({"sku": "R", "url": "javascript:alert(1)"}, "url")],
)
def test_a_view_of_no_product_is_refused_by_its_field(shop: ApiClient, properties: Any, param: str) -> None:
    (error,) = tell_all(shop, sale("Product Viewed", properties))["errors"]

    assert error["param"] == f"properties.{param}"
    assert ProductView.objects.count() == 0


@pytest.mark.parametrize("told", ["at once", "one by one"])
def test_what_is_added_and_removed_changes_the_cart(shop: ApiClient, told: str) -> None:
    """Told at once or one by one, it comes to the same."""
    ProductFactory(sku="RYE", name="Rye loaf")
    rye = {"sku": "RYE", "name": "Rye loaf", "price": 4.2}
    calls = [
        sale("Product Added", {**rye, "quantity": 3}, at="09:00"),
        sale("Product Added", {"name": "Pretzel", "price": 1.2}, at="09:01"),
        sale("Product Added", rye, at="09:02"),
        sale("Product Removed", {**rye, "quantity": 2}, at="09:03"),
        sale("Product Removed", {"name": "Pretzel", "price": 1.2}, at="09:04"),
        sale("Product Added", {"name": "Late news", "price": 1}, at="08:00"),
    ]

    if told == "at once":
        assert tell_all(shop, *calls)["accepted"] == 6
    else:
        assert [shop.tell("/track", call).json()["accepted"] for call in calls] == [1] * 6

    cart = Cart.objects.get()
    assert (cart.key, lines_of(cart), cart.total_minor) == ("7", [("Rye loaf", 2, 420)], 840)
    assert kinds() == ["CartUpdated"] * 5


def test_an_emptied_cart_is_archived_and_comes_back(shop: ApiClient) -> None:
    bun = {"name": "Bun", "price": 1}
    tell_all(shop, sale("Product Added", bun, at="09:00"), sale("Product Removed", bun, at="09:01"))
    assert Cart.objects.get().status == "archived"

    tell_all(shop, sale("Product Added", {**bun, "quantity": 2}, at="09:02"))

    assert (Cart.objects.get().status, lines_of(Cart.objects.get())) == ("open", [("Bun", 2, 100)])
    assert kinds() == ["CartUpdated", "CartArchived", "CartUpdated"]


def test_an_order_closes_the_cart_that_it_was(shop: ApiClient) -> None:
    done = tell_all(
        shop,
        sale("Order Completed", {**SALE, "cart_id": "c-1"}, at="10:00"),
        sale("Cart Updated", {"cart_id": "c-1", "products": PRODUCTS}, at="09:00"),
    )

    assert done["accepted"] == 2
    cart = Cart.objects.get()
    assert (cart.status, cart.order, cart.ordered_at) == ("ordered", Order.objects.get(), Order.objects.get().placed_at)
    assert kinds() == ["CartUpdated", "ProductAdded", "OrderPlaced", "OrderPaid", "CartOrdered"]


@pytest.mark.parametrize(("at", "user"), [("11:00", "7"), ("09:00", "8")])
def test_an_order_leaves_a_later_cart_and_somebody_else_s_open(shop: ApiClient, at: str, user: str) -> None:
    tell_all(shop, sale("Cart Updated", {"cart_id": "c-1", "products": PRODUCTS}, at=at, user=user))

    tell_all(shop, sale("Order Completed", {**SALE, "cart_id": "c-1"}, at="10:00"))

    assert Cart.objects.get().status == "open"


def test_a_cart_after_its_order_begins_anew(shop: ApiClient) -> None:
    tell_all(
        shop,
        sale("Cart Updated", {"products": PRODUCTS}, at="09:00"),
        sale("Order Completed", SALE, at="10:00"),
    )

    tell_all(shop, sale("Product Added", {"name": "Bun", "price": 1}, at="11:00"))

    assert (Cart.objects.get().status, lines_of(Cart.objects.get())) == ("open", [("Bun", 1, 100)])


@pytest.mark.parametrize(
    ("event", "properties", "param"),
    [
        ("Order Completed", {"total": 5}, "properties.order_id"),
        ("Order Completed", {"order_id": "1"}, "properties.total"),
        ("Order Completed", {"order_id": "1", "total": "much"}, "properties.total"),
        ("Order Completed", {"order_id": "1", "total": 1e30}, "properties.total"),
        ("Order Completed", {"order_id": "1", "total": "1e999999"}, "properties.total"),
        ("Order Completed", {"order_id": "1", "total": 5, "currency": "moons"}, "properties.currency"),
        ("Order Completed", {"order_id": "1", "total": 5, "products": "rye"}, "properties.products"),
        ("Order Completed", {"order_id": "1", "products": [{"price": "x"}]}, "properties.products[0].price"),
        ("Order Completed", {"order_id": ["1"], "total": 5}, "properties.order_id"),
        ("Cart Updated", {"products": [{"name": "Bun"}] * 501}, "properties.products"),
        ("Cart Updated", {"products": [{"price": 1}]}, "properties.lines"),
        ("Cart Updated", {"products": [{"name": "Bun", "quantity": 0.5}]}, "properties.products[0].quantity"),
        ("Cart Updated", {"products": [], "url": "javascript:alert(1)"}, "properties.url"),
        ("Product Added", {"name": "Bun", "quantity": -1}, "properties.quantity"),
        ("Product Added", {"price": 1}, "properties.lines"),
    ],
)
def test_a_sale_that_cannot_be_is_refused_alone(shop: ApiClient, event: str, properties: Any, param: str) -> None:
    good = sale("Order Completed", {"order_id": "good", "total": 1})

    done = tell_all(shop, sale(event, properties, messageId="m-1"), good)

    assert [(error["index"], error["param"]) for error in done["errors"]] == [(0, param)]
    assert done["accepted"] == Order.objects.count() == 1
    assert not Cart.objects.exists()
    mended = tell_all(shop, sale("Order Completed", SALE, messageId="m-1"))
    assert mended["accepted"] == 1, "what was refused may be told again"


def test_closing_a_hundred_carts_takes_the_queries_of_one(shop: ApiClient) -> None:
    def carts_and_orders(name: str, count: int) -> list[Any]:
        users = [f"{name}-{number}" for number in range(count)]
        carts = [sale("Cart Updated", {"products": PRODUCTS}, at="09:00", user=user) for user in users]
        return [*carts, *(sale("Order Completed", {"order_id": user, "total": 5}, user=user) for user in users)]

    tell_all(shop, *carts_and_orders("first", 1))
    with CaptureQueriesContext(connection) as one:
        tell_all(shop, *carts_and_orders("one", 1))
    with CaptureQueriesContext(connection) as hundred:
        tell_all(shop, *carts_and_orders("hundred", 100))

    assert Cart.objects.filter(ordered_at__isnull=False).count() == 102
    assert len(hundred) <= len(one) + 5
