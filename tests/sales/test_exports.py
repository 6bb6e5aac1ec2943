from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from sales.actions import NewLine, cancel_order, place_order, refund_order, update_cart
from sales.models import Order
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory, ProductFactory

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def rows(browser: Browser, path: str) -> list[dict[str, str]]:
    response = browser.get(path)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it streams
    return list(csv.DictReader(io.StringIO(text)))


def placed(**given: object) -> Order:
    lines = [NewLine(description="Rye", quantity=2, unit_price_minor=450)]
    return place_order(**{"customer": None, "placed_at": MORNING, "lines": lines, **given})  # type: ignore[arg-type]


def test_orders_are_exported_with_their_customers(owner_browser: Browser, other_workspace: Workspace) -> None:
    maria = CustomerFactory(name="=HYPERLINK(1)", email="maria@mail.example")
    order = placed(number="A-1", channel="web", customer=maria, currency="USD", rate_micros=500_000, discount_minor=100)
    refund_order(order, amount_minor=200)
    with workspace_scope(other_workspace):
        placed(number="B-1")

    assert rows(owner_browser, "/orders/export/") == [
        {
            "number": "A-1",
            "source": "manual",
            "channel": "web",
            "placed_at": "2026-03-02 09:30:00+01:00",
            "status": "paid",
            "customer": "'=HYPERLINK(1)",
            "email": "maria@mail.example",
            "currency": "USD",
            "total": "8.00",
            "discount": "1.00",
            "refunded": "2.00",
            "units": "2",
            "value": "3.00",
            "value_currency": "EUR",
        }
    ]


def test_orders_are_exported_under_the_filter_of_the_list(owner_browser: Browser) -> None:
    placed(number="A-1", channel="web")
    placed(number="A-2", channel="shop")
    cancel_order(placed(number="A-3", channel="web"))

    assert [row["number"] for row in rows(owner_browser, "/orders/export/?channel=web")] == ["A-1"]
    assert [row["number"] for row in rows(owner_browser, "/orders/export/?status=cancelled&q=%00")] == ["A-3"]


def test_an_export_is_read_in_batches(owner_browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sales.views.exports.BATCH", 2)
    OrderFactory.create_batch(5)

    assert len({row["number"] for row in rows(owner_browser, "/orders/export/")}) == 5


def test_products_are_exported_with_what_they_sold(owner_browser: Browser) -> None:
    rye = ProductFactory(sku="RYE", name="Rye", price_minor=450)
    placed(customer=CustomerFactory(), lines=[NewLine(product=rye, quantity=3)])

    (row,) = rows(owner_browser, "/products/export/")

    assert row == {
        "sku": "RYE",
        "name": "Rye",
        "category": "Bread",
        "price": "4.50",
        "currency": "EUR",
        "url": "",
        "orders": "1",
        "units": "3",
        "buyers": "1",
        "last_sold_on": "2026-03-02",
    }


def test_carts_are_exported_with_their_customers(owner_browser: Browser) -> None:
    maria = CustomerFactory(name="Maria", email="maria@mail.example")
    update_cart(key="c-1", customer=maria, lines=[NewLine(description="Rye", unit_price_minor=450)], touched_at=MORNING)

    assert rows(owner_browser, "/carts/export/") == [
        {
            "key": "c-1",
            "touched_at": "2026-03-02 09:30:00+01:00",
            "status": "open",
            "customer": "Maria",
            "email": "maria@mail.example",
            "currency": "EUR",
            "total": "4.50",
            "url": "",
        }
    ]


@pytest.mark.parametrize("path", ["/orders/export/", "/carts/export/"])
def test_what_holds_addresses_is_not_for_every_role(member: Callable[[Role], User], path: str) -> None:
    assert signed_in(member(Role.AGENT)).get(path).status_code == 403
    assert signed_in(member(Role.ANALYST)).get(path).status_code == 200
