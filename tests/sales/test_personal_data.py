from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.contracts import PersonalData, personal_data
from customers.models import Customer
from sales.actions import NewLine, place_order, refund_order, update_cart
from sales.models import Cart, CartLine, Order, PageView, ProductView, Refund
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RYE = NewLine(description="Rye", quantity=2, unit_price_minor=450)


def of(model: type) -> PersonalData:
    return next(each for each in personal_data() if each.model is model)


@pytest.fixture
def customer(workspace: Workspace) -> Customer:
    """One order with a refund, one cart, one page view, one view of a product."""
    customer = CustomerFactory()
    order = place_order(customer=customer, number="A-1", channel="web", placed_at=NOON, lines=[RYE])
    refund_order(order, amount_minor=100, reason="Maria was ill", refunded_at=NOON)
    update_cart(key="c-1", customer=customer, lines=[RYE], url="https://shop.example/c/1", touched_at=NOON)
    PageView.objects.create(customer=customer, message_id="m-1", path="/rye", name="Rye", viewed_at=NOON)
    ProductView.objects.create(customer=customer, message_id="m-1", sku="RYE", name="Rye", viewed_at=NOON)
    return customer


def test_export_holds_everything_that_is_kept(customer: Customer) -> None:
    (order,) = of(Order).export(customer)
    (cart,) = of(Cart).export(customer)
    (view,) = of(PageView).export(customer)
    (product,) = of(ProductView).export(customer)

    assert order == {
        "number": "A-1",
        "source": "manual",
        "channel": "web",
        "placed_at": NOON,
        "paid_at": NOON,
        "fulfilled_at": None,
        "cancelled_at": None,
        "currency": "EUR",
        "total_minor": 900,
        "discount_minor": 0,
        "lines": [{"description": "Rye", "quantity": 2, "unit_price_minor": 450, "total_minor": 900}],
        "refunds": [{"amount_minor": 100, "reason": "Maria was ill", "refunded_at": NOON}],
    }
    assert cart == {
        "key": "c-1",
        "created_at": NOON,
        "touched_at": NOON,
        "ordered_at": None,
        "currency": "EUR",
        "total_minor": 900,
        "url": "https://shop.example/c/1",
        "lines": [{"description": "Rye", "quantity": 2, "unit_price_minor": 450}],
    }
    assert view == {"viewed_at": NOON, "name": "Rye", "path": "/rye"}
    assert product == {"viewed_at": NOON, "sku": "RYE", "name": "Rye", "price_minor": None, "currency": "", "url": ""}


def test_export_holds_nobody_else(customer: Customer) -> None:
    stranger = CustomerFactory()

    assert [list(of(model).export(stranger)) for model in (Order, Cart, PageView, ProductView)] == [[], [], [], []]


def test_erase_keeps_the_books_and_forgets_the_rest(customer: Customer) -> None:
    rows = [of(model).erase(customer) for model in (Order, Cart, PageView, ProductView)]

    assert rows == [1, 1, 1, 1]
    assert (Order.objects.get().total_minor, Refund.objects.get().reason) == (900, "")
    assert sum(each.objects.count() for each in (Cart, CartLine, PageView, ProductView)) == 0
    assert [of(model).erase(customer) for model in (Order, Cart, PageView, ProductView)] == [0, 0, 0, 0]


@pytest.mark.parametrize("model", [Order, Cart, PageView, ProductView])
def test_move_and_move_back_touch_only_what_was_the_absorbed_ones(customer: Customer, model: type) -> None:
    survivor = CustomerFactory()
    place_order(customer=survivor, placed_at=NOON, lines=[RYE])
    update_cart(key="c-2", customer=survivor, lines=[RYE], touched_at=NOON)
    PageView.objects.create(customer=survivor, message_id="m-2", viewed_at=NOON)
    ProductView.objects.create(customer=survivor, message_id="m-2", viewed_at=NOON)

    moved = of(model).move(absorbed=customer, survivor=survivor)
    assert (len(moved), of(model).model._default_manager.filter(customer=survivor).count()) == (1, 2)
    of(model).move_back(moved, absorbed=customer)

    assert list(of(model).model._default_manager.filter(customer=customer).values_list("pk", flat=True)) == moved


def test_another_workspace_is_out_of_reach(customer: Customer, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        assert [of(model).erase(customer) for model in (Order, Cart, PageView, ProductView)] == [0, 0, 0, 0]
        assert [list(of(model).export(customer)) for model in (Order, Cart, PageView, ProductView)] == [[], [], [], []]

    assert PageView.objects.count() == 1
