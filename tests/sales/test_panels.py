from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.contracts import TimelineEntry, describers, panels
from customers.models import Customer
from sales import events as sales_events
from sales.actions import (
    NewLine,
    archive_cart,
    archive_order,
    cancel_order,
    edit_order,
    fulfil_order,
    place_order,
    refund_order,
    restore_order,
    update_cart,
)
from sales.events import PageViewed, ProductViewed
from sales.models import Cart, PageView, ProductView
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from timeline.models import Event
from timeline.recording import record
from timeline.registry import EventBody

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RYE = NewLine(description="Rye", quantity=2, unit_price_minor=450)
ABOUT_NO_CUSTOMER = {"WebsiteChanged", "ProductAdded", "ProductChanged", "ProductArchived", "ProductRestored"}


def told(customer: Customer) -> list[TimelineEntry]:
    """The customer's timeline in words, in the order that it was recorded."""
    events = list(Event.objects.filter(customer_id=customer.pk).order_by("pk"))
    words: dict[int, TimelineEntry] = {}
    for kind in {event.kind for event in events}:
        words |= describers()[kind][1]([event for event in events if event.kind == kind])
    return [words[event.pk] for event in events]


@pytest.fixture
def customer() -> Customer:
    made: Customer = CustomerFactory(name="Maria Weber")
    return made


def test_every_event_about_a_customer_reads_well() -> None:
    ours = {
        each.__name__
        for each in vars(sales_events).values()
        if isinstance(each, type) and issubclass(each, EventBody) and each is not EventBody
    }

    assert ours - set(describers()) == ABOUT_NO_CUSTOMER


def test_an_order_is_told_from_its_placing_to_its_archive(customer: Customer) -> None:
    order = place_order(customer=customer, number="A-1", channel="web", placed_at=MORNING, lines=[RYE])
    edit_order(order, discount_minor=50)
    fulfil_order(order)
    refund_order(order, amount_minor=150, reason="Burnt")
    archive_order(order)
    restore_order(order)
    cancel_order(order)

    url = f"/orders/{order.pk}/"
    assert [(entry.text, entry.detail) for entry in told(customer)] == [
        ("Ordered for €8.50", "A-1 · web"),
        ("Order A-1 paid", ""),
        ("Order A-1 changed", ""),
        ("Order A-1 fulfilled", ""),
        ("€1.50 of order A-1 refunded", "Burnt"),
        ("Order A-1 archived", ""),
        ("Order A-1 restored", ""),
        ("Order A-1 cancelled", ""),
    ]
    assert {entry.url for entry in told(customer)} == {url}


def test_a_cart_is_told_also_after_it_was_erased(customer: Customer) -> None:
    cart = update_cart(key="c-1", customer=customer, lines=[RYE], currency="JPY", touched_at=MORNING)
    archive_cart(cart)
    update_cart(key="c-1", customer=customer, lines=[RYE], currency="JPY", touched_at=MORNING + timedelta(hours=1))
    place_order(customer=customer, placed_at=MORNING + timedelta(hours=2), lines=[RYE], cart_key="c-1")

    carts = [entry for entry in told(customer) if "cart" in entry.text.lower()]
    assert [entry.text for entry in carts] == [
        "Filled a cart, ¥900",
        "Cart emptied or put away",
        "Filled a cart, ¥900",
        "Ordered what was in the cart",
    ]
    assert {entry.url for entry in carts} == {f"/carts/{cart.pk}/"}

    Cart.objects.all().delete()
    gone = [entry for entry in told(customer) if "cart" in entry.text.lower()]
    assert [(entry.text, entry.url) for entry in gone[:1]] == [("Filled a cart", "")]


def test_a_visit_is_told_until_it_is_forgotten(customer: Customer) -> None:
    view = PageView.objects.create(customer=customer, message_id="m", name="Rye loaf", path="/rye", viewed_at=MORNING)
    event = record(PageViewed(customer_id=customer.pk, page_view_id=view.pk, occurred_at=MORNING))

    assert [(entry.text, entry.detail) for entry in told(customer)] == [("Looked at Rye loaf", "/rye")]
    view.delete()
    assert describers()["PageViewed"][1]([event]) == {}


def test_a_product_that_was_looked_at_is_told_until_it_is_forgotten(customer: Customer) -> None:
    view = ProductView.objects.create(customer=customer, message_id="m", name="Rye loaf", sku="RYE", viewed_at=MORNING)
    event = record(ProductViewed(customer_id=customer.pk, product_view_id=view.pk, occurred_at=MORNING))

    assert [(entry.text, entry.detail) for entry in told(customer)] == [("Looked at the product Rye loaf", "RYE")]
    view.delete()
    assert describers()["ProductViewed"][1]([event]) == {}


def test_events_of_a_page_are_told_by_one_query_whatever_their_number(
    customer: Customer, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for number in range(3):
        place_order(customer=customer, number=f"A-{number}", placed_at=MORNING, lines=[RYE])
    events = list(Event.objects.filter(kind="OrderPlaced"))

    for some in (events[:1], events):  # as many as a page has
        with django_assert_num_queries(1):
            describers()["OrderPlaced"][1](some)


def test_the_orders_panel_sums_what_counts(customer: Customer) -> None:
    for number in range(7):
        place_order(customer=customer, number=f"A-{number}", placed_at=MORNING + timedelta(days=number), lines=[RYE])
    cancel_order(customer.orders.get(number="A-6"))
    place_order(customer=CustomerFactory(), number="B-1", placed_at=MORNING, lines=[RYE])

    found = next(panel for panel in panels() if panel.key == "orders").context(customer)

    assert [order.number for order in found["orders"]] == ["A-6", "A-5", "A-4", "A-3", "A-2"]
    assert (found["totals"].orders, found["totals"].value_minor) == (6, 5400)


def test_the_panels_stand_on_the_profile(customer: Customer, member: Callable[[Role], User]) -> None:
    place_order(customer=customer, number="A-1", placed_at=MORNING, lines=[RYE])
    update_cart(key="c-1", customer=customer, lines=[RYE, NewLine(description="Bun", unit_price_minor=80)])

    for role, may_add in ((Role.AGENT, True), (Role.ANALYST, False)):
        page = " ".join(signed_in(member(role)).get(f"/customers/{customer.pk}/").content.decode().split())
        assert "1 order, €9.00 after refunds" in page
        assert f"/orders/?customer={customer.pk}" in page
        assert "2 \u00d7 Rye, 1 \u00d7 Bun" in page
        assert (f"/orders/new/?customer={customer.pk}" in page) is may_add


def test_the_panels_of_somebody_new_are_empty(other_workspace: Workspace, customer: Customer) -> None:
    with workspace_scope(other_workspace):
        place_order(customer=None, placed_at=MORNING, lines=[RYE])

    assert [next(each for each in panels() if each.key == key).context(customer) for key in ("orders", "cart")] == [
        {"customer": customer, "orders": [], "totals": None},
        {"customer": customer, "carts": []},
    ]
