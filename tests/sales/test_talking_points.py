from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer, Facts
from sales.models import Order, Product
from sales.queries.talking_points import talking_points
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory, ProductFactory

pytestmark = pytest.mark.usefixtures("workspace")

FIRST = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def bought(customer: Customer, *baskets: Sequence[Product], **fields: object) -> list[Order]:
    """An order of each basket, a day after the other."""
    orders = []
    for day, basket in enumerate(baskets):
        order = OrderFactory(customer=customer, placed_at=FIRST + timedelta(days=day), **fields)
        for position, product in enumerate(basket, start=1):
            order.lines.create(product=product, position=position, description=product.name)
        orders.append(order)
    return orders


def test_the_usual_is_what_most_of_the_last_orders_have() -> None:
    maria, rye, roll = CustomerFactory(), ProductFactory(name="Rye"), ProductFactory(name="Roll")
    bought(maria, [rye], [rye, roll], [roll], [rye])

    usual = talking_points(maria).usual

    assert usual is not None
    assert (usual.product, usual.times, usual.orders) == (rye, 3, 4)


@pytest.mark.parametrize("baskets", [1, 6])
def test_one_order_or_a_different_thing_each_time_is_no_habit(baskets: int) -> None:
    maria = CustomerFactory()
    bought(maria, *([ProductFactory()] for _ in range(baskets)))

    assert talking_points(maria).usual is None


def test_what_was_cancelled_or_is_sold_no_more_is_no_habit() -> None:
    maria, rye, gone = CustomerFactory(), ProductFactory(), ProductFactory(archived_at=FIRST)
    bought(maria, [rye], [rye], cancelled_at=FIRST)
    bought(maria, [gone], [gone])

    assert talking_points(maria).usual is None


def test_what_others_buy_with_it_is_suggested_with_its_reason() -> None:
    maria, others = CustomerFactory(), [CustomerFactory() for _ in range(4)]
    rye, butter, jam = (ProductFactory(name=name) for name in ("Rye", "Butter", "Jam"))
    bought(maria, [rye, jam], [rye])
    for other in others:
        bought(other, [rye, butter, jam])
    bought(others[0], [rye])

    suggestion = talking_points(maria).suggestion

    assert suggestion is not None
    assert (suggestion.product, suggestion.usual, suggestion.together, suggestion.orders) == (butter, rye, 4, 7)


def test_what_few_buy_with_it_is_not_suggested() -> None:
    maria, rye = CustomerFactory(), ProductFactory()
    bought(maria, [rye], [rye])
    for _ in range(2):
        bought(CustomerFactory(), [rye, ProductFactory(name="Butter")])

    assert talking_points(maria).suggestion is None


@pytest.mark.parametrize(("days", "last_on", "every"), [(1, date(2026, 3, 1), None), (5, date(2026, 3, 29), 7)])
def test_how_often_they_come_is_told_from_the_second_day_on(days: int, last_on: date, every: int | None) -> None:
    maria = CustomerFactory()
    Facts.objects.update_or_create(
        customer=maria, defaults={"purchase_days": days, "first_order_on": date(2026, 3, 1), "last_order_on": last_on}
    )

    assert talking_points(maria).comes_every == every


def test_the_orders_of_another_workspace_suggest_nothing(other_workspace: Workspace) -> None:
    maria, rye = CustomerFactory(), ProductFactory()
    bought(maria, [rye], [rye])
    with workspace_scope(other_workspace):
        theirs, butter = ProductFactory(), ProductFactory()
        for _ in range(5):
            bought(CustomerFactory(), [theirs, butter])

    assert talking_points(maria).suggestion is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_are_as_many_however_much_was_bought(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    maria, rye, butter = CustomerFactory(), ProductFactory(), ProductFactory()
    bought(maria, *[[rye]] * (count + 1))
    for _ in range(3):
        bought(CustomerFactory(), [rye, butter])

    with django_assert_num_queries(5):
        assert talking_points(maria).suggestion is not None


def test_the_profile_says_it(owner_browser: Browser) -> None:
    maria, rye = CustomerFactory(), ProductFactory(name="Rye")
    page = f"/w/bakery/customers/{maria.pk}/"
    assert "Too few orders to know a habit yet." in owner_browser.get(page).content.decode()

    bought(maria, [rye], [rye])

    assert "The usual: <a href=" in owner_browser.get(page).content.decode()
