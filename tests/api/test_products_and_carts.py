from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.public_ids import encode_id
from sales.models import Cart, Product
from tests.api.conftest import ApiClient
from tests.factories.customers import CustomerFactory
from tests.factories.sales import CartFactory, ProductFactory

LOAF = {"sku": "RYE", "name": "Rye loaf", "category": "Bread", "price_minor": 450, "url": "https://bakery.example/rye"}
LINE = {"description": "Rye loaf", "quantity": 2, "unit_price_minor": 450}


def test_a_product_is_added_changed_archived_and_restored(shop: ApiClient) -> None:
    added = shop.tell("/products", LOAF)
    address = f"/products/{added.json()['id']}"

    assert added.status_code == 201
    assert {name: added.json()[name] for name in LOAF} == LOAF
    assert added.json()["currency"] == "EUR"
    assert shop.change(address, {"price_minor": 480}).json()["price_minor"] == 480
    assert shop.remove(address).json()["archived_at"] is not None
    assert shop.ask("/products").json()["data"] == []
    assert shop.tell(f"{address}/restoration", {}).json()["archived_at"] is None
    assert [product["sku"] for product in shop.ask("/products", sku="RYE").json()["data"]] == ["RYE"]
    assert shop.ask("/products", category="Cake").json()["data"] == []


@pytest.mark.parametrize(
    ("product", "status", "param"),
    [
        ({"sku": ""}, 422, "sku"),
        ({"sku": "TAKEN"}, 409, "sku"),
        ({"name": None}, 422, "name"),
        ({"price_minor": "4.50"}, 422, "price_minor"),
        ({"price_minor": 4.5}, 422, "price_minor"),
        ({"price_minor": True}, 422, "price_minor"),
        ({"price_minor": -1}, 422, "price_minor"),
        ({"price_minor": 10**30}, 422, "price_minor"),
        ({"url": "not an address"}, 422, "url"),
        ({"currency": "USD"}, 422, "currency"),
    ],
)
def test_a_wrong_product_is_refused_and_leaves_no_row(
    shop: ApiClient, product: dict[str, Any], status: int, param: str
) -> None:
    ProductFactory(sku="TAKEN")

    response = shop.tell("/products", {**LOAF, **product})

    assert (response.status_code, response.json()["error"]["param"]) == (status, param)
    assert Product.objects.count() == 1


def test_a_cart_is_the_same_while_its_key_is(shop: ApiClient) -> None:
    anna = CustomerFactory()
    first = shop.tell("/carts", {"key": "c-1", "lines": [LINE], "url": "https://bakery.example/cart"})
    again = shop.tell("/carts", {"key": "c-1", "lines": [LINE, LINE], "customer": encode_id("cus", anna.pk)})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert (first.json()["total_minor"], again.json()["total_minor"]) == (900, 1800)
    assert again.json()["customer"] == encode_id("cus", anna.pk)
    assert again.json()["url"] == "https://bakery.example/cart"
    assert again.json() == shop.ask(f"/carts/{again.json()['id']}").json()


def test_a_cart_keeps_what_is_not_sent(shop: ApiClient) -> None:
    cart = shop.tell("/carts", {"key": "c-1", "lines": [LINE]}).json()

    changed = shop.change(f"/carts/{cart['id']}", {"url": "https://bakery.example/cart"}).json()

    assert (changed["lines"], changed["url"]) == (cart["lines"], "https://bakery.example/cart")


def test_a_cart_is_closed_by_its_order(shop: ApiClient) -> None:
    cart = shop.tell("/carts", {"key": "c-1", "lines": [LINE]}).json()

    order = shop.tell("/orders", {"lines": [LINE], "cart_key": "c-1"}).json()

    assert shop.ask(f"/carts/{cart['id']}").json()["order"] == order["id"]
    assert [each["id"] for each in shop.ask("/carts", open="false").json()["data"]] == [cart["id"]]
    assert shop.ask("/carts", open="true").json()["data"] == []


def test_a_cart_is_archived(shop: ApiClient) -> None:
    cart = shop.tell("/carts", {"key": "c-1", "lines": [LINE]}).json()

    assert shop.remove(f"/carts/{cart['id']}").json()["archived_at"] is not None
    assert [each["id"] for each in shop.ask("/carts", archived="true").json()["data"]] == [cart["id"]]


@pytest.mark.parametrize(
    ("cart", "param"),
    [
        ({"key": ""}, "key"),
        ({"key": "c" * 121}, "key"),
        ({"lines": "none"}, "lines"),
        ({"lines": [{"sku": "NONE"}]}, "lines[0].sku"),
        ({"lines": [{**LINE, "total_minor": 900}]}, "lines[0].total_minor"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"currency": "BTC"}, "currency"),
        ({"touched_at": "2199-01-01T00:00:00Z"}, "touched_at"),
        ({"customer": "cus_UkLWZg9D"}, "customer"),
    ],
)
def test_a_wrong_cart_is_refused_and_leaves_no_row(shop: ApiClient, cart: dict[str, Any], param: str) -> None:
    response = shop.tell("/carts", {"key": "c-1", "lines": [LINE], **cart})

    assert (response.status_code, response.json()["error"]["param"]) == (422, param)
    assert not Cart.objects.exists()


def test_another_workspace_s_rows_are_not_found(shop: ApiClient, other_shop: ApiClient) -> None:
    loaf, cart = ProductFactory(name="Ours"), CartFactory(key="c-1")

    for address in (f"/products/{encode_id('prd', loaf.pk)}", f"/carts/{encode_id('crt', cart.pk)}"):
        for response in (
            other_shop.ask(address),
            other_shop.change(address, {"url": "https://theirs.example/"}),
            other_shop.remove(address),
        ):
            assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert other_shop.tell(f"/products/{encode_id('prd', loaf.pk)}/restoration", {}).status_code == 404
    theirs = other_shop.tell("/carts", {"key": "c-1", "lines": [LINE]})
    loaf.refresh_from_db()
    cart.refresh_from_db()
    assert theirs.status_code == 201
    assert (loaf.url, loaf.archived_at, cart.url, cart.archived_at) == ("", None, "", None)


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_take_the_same_queries_whatever_their_length(shop: ApiClient, rows: int) -> None:
    loaf = ProductFactory()
    for cart in CartFactory.create_batch(rows):
        cart.lines.create(product=loaf, description="Loaf")

    with CaptureQueriesContext(connection) as queries:
        shop.ask("/carts", **{"expand[]": "customer"})
        shop.ask("/products")

    asked = [query["sql"] for query in queries if query["sql"].startswith(('SELECT "customers_', 'SELECT "sales_'))]
    assert len(asked) == 5, "carts with customers, lines with products, tags, external ids; products"
