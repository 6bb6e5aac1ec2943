from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.refusals import Refused, ValueRefused
from sales.actions import NewLine, archive_cart, order_cart, place_order, update_cart
from sales.models import Cart, CartLine
from sales.refusals import CurrencyUnknown, DateRefused, LineRefused
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RYE = NewLine(description="Rye", unit_price_minor=450)


def touched(**given: Any) -> Cart:
    return update_cart(**{"key": "c-1", "customer": None, "lines": [RYE], "touched_at": NOON} | given)


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_update_cart_touched_again_is_the_same_cart() -> None:
    customer = CustomerFactory()
    touched(customer=customer)

    cart = touched(lines=[RYE, RYE], touched_at=NOON + timedelta(minutes=5), url="https://shop.example/cart")

    assert Cart.objects.get() == cart
    assert (cart.customer, cart.total_minor, cart.touched_at) == (customer, 900, NOON + timedelta(minutes=5))
    assert (CartLine.objects.count(), cart.currency, cart.created_at) == (2, "EUR", NOON)
    assert kinds() == ["CartUpdated", "CartUpdated"]


def test_update_cart_learns_who_it_belongs_to() -> None:
    customer = CustomerFactory()
    touched()

    assert touched(customer=customer).customer == customer
    assert touched(customer=None).customer == customer


def test_update_cart_emptied_is_archived_and_comes_back_when_touched() -> None:
    touched()

    emptied = touched(lines=[], touched_at=NOON + timedelta(minutes=1))
    assert (emptied.total_minor, emptied.archived_at) == (0, NOON + timedelta(minutes=1))
    touched(touched_at=NOON + timedelta(minutes=2))

    assert Cart.objects.open().count() == 1
    assert kinds() == ["CartUpdated", "CartArchived", "CartUpdated"]


def test_update_cart_passes_over_old_news() -> None:
    touched(lines=[RYE, RYE])

    cart = touched(lines=[RYE], touched_at=NOON - timedelta(seconds=1))

    assert (cart.total_minor, cart.touched_at) == (900, NOON)
    assert kinds() == ["CartUpdated"]


def test_update_cart_after_its_order_begins_anew_and_late_news_of_it_are_passed_over() -> None:
    cart = touched()
    order_at = NOON + timedelta(hours=1)
    order = place_order(customer=None, placed_at=order_at, lines=[RYE], cart_key="c-1")

    late = touched(lines=[RYE, RYE], touched_at=NOON + timedelta(minutes=30))
    assert (late.order, late.total_minor) == (order, 450)
    again = touched(touched_at=order_at + timedelta(hours=1))

    assert (again.pk, again.order, again.ordered_at) == (cart.pk, None, None)


def test_order_cart_happens_once_and_names_the_customer() -> None:
    customer = CustomerFactory()
    cart = touched()
    order = place_order(customer=customer, placed_at=NOON, lines=[RYE])

    for _ in range(2):
        cart = order_cart(cart, order)

    assert (cart.customer_id, cart.order, cart.ordered_at) == (customer.pk, order, NOON)
    assert kinds().count("CartOrdered") == 1


def test_archive_cart_happens_once() -> None:
    cart = touched()

    for _ in range(2):
        archive_cart(cart)

    assert Cart.objects.open().count() == 0
    assert kinds() == ["CartUpdated", "CartArchived"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"key": ""}, ValueRefused),
        ({"key": "k" * 121}, ValueRefused),
        ({"url": "javascript:alert(1)"}, ValueRefused),
        ({"currency": "nope"}, CurrencyUnknown),
        ({"lines": [NewLine(description="Rye", unit_price_minor=-5)]}, LineRefused),
        ({"touched_at": datetime(9999, 1, 1, tzinfo=UTC)}, DateRefused),
    ],
)
def test_update_cart_refuses_what_no_shop_can_have_meant(given: dict[str, Any], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        touched(**given)

    assert Cart.objects.count() == Event.objects.count() == 0


def test_update_cart_knows_only_the_carts_of_its_workspace(other_workspace: Workspace) -> None:
    ours = touched()

    with workspace_scope(other_workspace):
        theirs = touched(lines=[RYE, RYE])

    ours.refresh_from_db()
    assert (theirs.pk == ours.pk, ours.total_minor) == (False, 450)
