from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from sales.actions import NewLine, archive_cart, place_order, update_cart
from sales.models import Cart
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from tests.sales.typed import typed_cart
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CountQueries = Callable[[int], AbstractContextManager[object]]
CAKE = {"description": "Cake", "quantity": "2", "price": "32"}


def cart(key: str, *, hours: int = 0, customer: Customer | None = None, currency: str = "EUR") -> Cart:
    lines = [NewLine(description="Cake", unit_price_minor=3200)]
    touched_at = NOON + timedelta(hours=hours)
    return update_cart(key=key, customer=customer, lines=lines, touched_at=touched_at, currency=currency)


def listed(browser: Browser, query: str = "") -> list[str]:
    page = browser.get(f"/carts/{query}").content.decode()
    return [part.split("<")[0] for part in page.split("data-row-link>")[1:]]


def test_a_cart_is_added_and_changed_as_it_was_typed(owner_browser: Browser) -> None:
    maria = CustomerFactory(email="maria@mail.example")

    response = owner_browser.post("/carts/new/", typed_cart(CAKE, customer="maria@mail.example", url="shop.example/c"))

    made = Cart.objects.get()
    assert response.headers["Location"] == f"/w/bakery/carts/{made.pk}/"
    assert (made.customer, made.total_minor, made.url) == (maria, 6400, "https://shop.example/c")
    assert made.key.startswith("manual-")

    owner_browser.post(f"/carts/{made.pk}/edit/", typed_cart({**CAKE, "quantity": "3"}))
    made.refresh_from_db()
    assert (made.customer, made.total_minor, made.url) == (maria, 9600, "")


def test_a_cart_that_is_emptied_is_put_away(owner_browser: Browser) -> None:
    made = cart("c-1")

    owner_browser.post(f"/carts/{made.pk}/edit/", typed_cart())

    made.refresh_from_db()
    assert (made.archived_at is not None, made.total_minor) == (True, 0)
    assert "It was emptied." in owner_browser.get(f"/carts/{made.pk}/").content.decode()


@pytest.mark.parametrize(
    ("line", "fields", "words"),
    [
        ({**CAKE, "price": "-1"}, {}, "An amount can&#x27;t be negative."),
        ({**CAKE, "price": ""}, {}, "Line 1: A price is missing."),
        (CAKE, {"currency": "GOLD"}, "Select a valid choice."),
        (CAKE, {"customer": "Nobody"}, "No customer was found by this."),
        (CAKE, {"url": "x" * 1_000_000}, "Enter a valid URL."),
    ],
)
def test_a_cart_that_can_not_be_is_refused_with_its_reason(
    owner_browser: Browser, line: dict[str, str], fields: dict[str, str], words: str
) -> None:
    response = owner_browser.post("/carts/new/", typed_cart(line, **fields))

    assert response.status_code == 422
    assert words in response.content.decode()
    assert (Cart.objects.count(), Event.objects.count()) == (0, 0)


def test_another_line_is_given_without_judging(owner_browser: Browser) -> None:
    response = owner_browser.post("/carts/new/", typed_cart({**CAKE, "price": "x"}, add_line="1"))

    assert response.status_code == 200
    assert 'name="lines-TOTAL_FORMS" value="4"' in response.content.decode()


def test_nothing_of_another_workspace_gets_into_a_cart(owner_browser: Browser, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        stranger, flower = CustomerFactory(), ProductFactory(sku="ROSE")

    for foreign in (typed_cart(CAKE, customer=f"x · #{stranger.pk}"), typed_cart({"sku": flower.sku})):
        assert owner_browser.post("/carts/new/", foreign).status_code == 422

    assert Cart.objects.count() == 0


def test_the_list_is_searched_filtered_and_sorted(owner_browser: Browser, other_workspace: Workspace) -> None:
    maria = CustomerFactory(email="maria@mail.example")
    cart("a-1", customer=maria)
    cart("a-2", hours=2, currency="USD")
    archive_cart(cart("b-1", hours=3))
    cart("b-2", hours=1)
    place_order(
        customer=None,
        placed_at=NOON + timedelta(hours=4),
        lines=[NewLine(description="x", unit_price_minor=1)],
        cart_key="b-2",
    )
    with workspace_scope(other_workspace):
        cart("c-1")

    assert listed(owner_browser) == ["a-2", "b-2", "a-1"]
    assert listed(owner_browser, "?status=open") == ["a-2", "a-1"]
    assert listed(owner_browser, "?status=ordered") == ["b-2"]
    assert listed(owner_browser, "?status=archived") == ["b-1"]
    assert listed(owner_browser, "?q=a-") == ["a-2", "a-1"]
    assert listed(owner_browser, "?q=maria@mail.example") == ["a-1"]
    assert listed(owner_browser, f"?customer={maria.pk}") == ["a-1"]
    assert listed(owner_browser, "?sort=touched_at") == ["a-1", "b-2", "a-2"]
    assert listed(owner_browser, "?status=x&customer=y&sort=z&cursor=c&q=%00") == ["a-2", "b-2", "a-1"]
    page = " ".join(owner_browser.get("/carts/").content.decode().split())
    assert "3 carts</strong> · €64.00 · $32.00" in page


def test_more_carts_than_are_summed_are_listed_without_a_sum(
    owner_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        cart(f"c-{number}")
    monkeypatch.setattr("sales.queries.carts.MOST_SUMMED", 2)
    monkeypatch.setattr("sales.queries.MOST_SUMMED", 2)

    assert "More than 2 carts" in owner_browser.get("/carts/").content.decode()


def test_an_ordered_cart_leads_to_its_order_and_is_not_changed(owner_browser: Browser) -> None:
    made = cart("c-1")
    order = place_order(
        customer=None, placed_at=NOON, lines=[NewLine(description="x", unit_price_minor=1)], cart_key="c-1"
    )

    assert f"/orders/{order.pk}/" in owner_browser.get(f"/carts/{made.pk}/").content.decode()
    response = owner_browser.post(f"/carts/{made.pk}/edit/", typed_cart(CAKE), follow=True)
    assert "This cart was ordered and can&#x27;t be changed." in response.content.decode()


def test_a_cart_is_archived_from_its_page(owner_browser: Browser) -> None:
    made = cart("c-1")

    owner_browser.post(f"/carts/{made.pk}/archival/")

    made.refresh_from_db()
    assert made.archived_at is not None


@pytest.mark.parametrize("step", ["", "edit/", "archival/"])
def test_another_workspaces_cart_is_not_there(owner_browser: Browser, other_workspace: Workspace, step: str) -> None:
    with workspace_scope(other_workspace):
        theirs = cart("c-1")

    assert owner_browser.post(f"/carts/{theirs.pk}/{step}", typed_cart(CAKE)).status_code in {404, 405}
    assert owner_browser.get(f"/carts/{theirs.pk}/{step}").status_code in {404, 405}


def test_who_may_only_look_changes_nothing(member: Callable[[Role], User]) -> None:
    made = cart("c-1")
    browser = signed_in(member(Role.ANALYST))

    assert f"/carts/{made.pk}/edit/" not in browser.get(f"/carts/{made.pk}/").content.decode()
    assert browser.post(f"/carts/{made.pk}/archival/").status_code == 403


def test_pages_ask_the_same_whatever_they_show(owner: User, django_assert_num_queries: CountQueries) -> None:
    browser = signed_in(owner)
    for count in (1, 3):
        while Cart.objects.count() < count:
            made = cart(f"c-{Cart.objects.count()}", customer=CustomerFactory())
        with django_assert_num_queries(11):
            browser.get("/carts/")
        update_cart(key=made.key, customer=None, lines=[NewLine(product=ProductFactory()) for _ in range(count)])
        with django_assert_num_queries(11):
            browser.get(f"/carts/{made.pk}/")
