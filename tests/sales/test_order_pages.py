from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from sales.actions import (
    NewLine,
    archive_order,
    cancel_order,
    edit_order,
    fulfil_order,
    place_order,
    refund_order,
)
from sales.models import Order, Refund
from sales.queries import OrderFilter, orders_for_list
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory, ProductFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
CountQueries = Callable[[int], AbstractContextManager[object]]


def numbers(page: str) -> list[str]:
    """Of the orders that a list shows, from top to bottom."""
    shown = [part.split("<")[0] for part in page.split("data-row-link>")[1:]]
    return [number for number in shown if number.startswith(("A-", "B-"))]


def listed(browser: Browser, query: str = "") -> list[str]:
    response = browser.get(f"/orders/{query}")
    assert response.status_code == 200
    return numbers(response.content.decode())


def bread(number: str, *, days: int = 0, quantity: int = 1, **given: object) -> Order:
    lines = [NewLine(description="Rye", quantity=quantity, unit_price_minor=450)]
    placed = {"customer": None, "placed_at": MORNING + timedelta(days=days), "lines": lines, "number": number}
    return place_order(**{**placed, **given})  # type: ignore[arg-type]  # whatever a test says differs


def test_the_list_shows_the_newest_first_and_only_what_is_ours(
    owner_browser: Browser, other_workspace: Workspace
) -> None:
    for number, days in (("A-1", 0), ("A-3", 2), ("A-2", 1)):
        bread(number, days=days)
    with workspace_scope(other_workspace):
        bread("B-1")

    assert listed(owner_browser) == ["A-3", "A-2", "A-1"]
    assert listed(owner_browser, "?sort=placed_at") == ["A-1", "A-2", "A-3"]


def test_the_list_says_what_it_comes_to(owner_browser: Browser) -> None:
    refund_order(bread("A-1", quantity=2), amount_minor=100)
    bread("A-2", currency="USD", rate_micros=500_000)
    cancel_order(bread("A-3"))

    page = owner_browser.get("/orders/").content.decode()

    assert "<strong>2 orders</strong>" in " ".join(page.split())
    assert "€10.25 after refunds" in page
    assert "3 units" in page


@pytest.mark.parametrize(
    ("status", "index"),
    [
        ("", "order_newest_first"),
        ("refunded", "order_if_refunded"),
        ("cancelled", "order_if_cancelled"),
        ("archived", "order_if_archived"),
    ],
)
def test_what_became_of_few_is_listed_without_reading_the_others(status: str, index: str) -> None:
    orders = orders_for_list(OrderFilter(status=status)).order_by("-placed_at", "-pk")[:51]

    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
    plan = orders.explain()

    assert (index in plan, "Sort" in plan) == (True, False), plan


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("", ["A-4", "A-3", "A-2", "A-1"]),
        ("unpaid", ["A-1"]),
        ("paid", ["A-2"]),
        ("fulfilled", ["A-3"]),
        ("refunded", ["A-4"]),
        ("cancelled", ["A-5"]),
        ("archived", ["A-6"]),
        ("any", ["A-6", "A-5", "A-4", "A-3", "A-2", "A-1"]),
    ],
)
def test_the_list_is_filtered_by_status(owner_browser: Browser, status: str, expected: list[str]) -> None:
    bread("A-1", days=1, paid=False)
    bread("A-2", days=2)
    fulfil_order(bread("A-3", days=3))
    refund_order(bread("A-4", days=4), amount_minor=450)
    cancel_order(bread("A-5", days=5))
    archive_order(bread("A-6", days=6))

    assert listed(owner_browser, f"?status={status}") == expected


def test_every_order_has_the_status_under_which_it_is_found() -> None:
    bread("A-1", paid=False)
    bread("A-2")
    fulfil_order(bread("A-3"))
    refund_order(bread("A-4"), amount_minor=450)
    cancel_order(bread("A-5"))
    archive_order(cancel_order(bread("A-6")))
    bread("A-7", lines=[NewLine(description="Taste", unit_price_minor=0)])

    for order in Order.objects.all():
        assert Order.objects.having(order.status).contains(order)
    found = [Order.objects.having(status).count() for status in {order.status for order in Order.objects.all()}]
    assert sum(found) == 7


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=A-1", ["A-11", "A-1"]),
        ("?q=a-1", ["A-11", "A-1"]),
        ("?q=1", []),
        ("?q=%25", []),
        ("?q=MARIA@mail.example", ["A-2"]),
        ("?q=nobody@mail.example", []),
        ("?channel=web", ["A-2"]),
        ("?placed_from=2026-03-03", ["A-11", "A-2"]),
        ("?placed_to=2026-03-02", ["A-1"]),
        ("?placed_from=2026-03-03&placed_to=2026-03-03", ["A-2"]),
        ("?placed_from=0001-01-01&placed_to=0001-01-01", []),
        ("?placed_from=9999-12-31&placed_to=9999-12-31", []),
    ],
)
def test_the_list_is_searched_and_filtered(owner_browser: Browser, query: str, expected: list[str]) -> None:
    maria = CustomerFactory(email="Maria@mail.example")
    bread("A-1", channel="shop")
    bread("A-2", days=1, channel="web", customer=maria)
    bread("A-11", days=2)

    assert listed(owner_browser, query) == expected


def test_the_list_of_a_product_counts_its_units(owner_browser: Browser) -> None:
    rye = ProductFactory(name="Rye loaf")
    lines = [NewLine(product=rye, quantity=2), NewLine(product=rye, quantity=3), NewLine(product=ProductFactory())]
    bread("A-1", lines=lines)
    bread("A-2")

    page = owner_browser.get(f"/orders/?product={rye.pk}").content.decode()

    assert numbers(page) == ["A-1"]
    assert "5 units of it" in page
    assert "<strong>Rye loaf</strong>" in page


def test_the_list_of_a_customer_keeps_to_it_while_filtering(owner_browser: Browser) -> None:
    maria = CustomerFactory(name="Maria Weber")
    bread("A-1", customer=maria)
    bread("A-2", customer=CustomerFactory())

    page = owner_browser.get(f"/orders/?customer={maria.pk}").content.decode()

    assert numbers(page) == ["A-1"]
    assert f'<input type="hidden" name="customer" value="{maria.pk}"' in page


@pytest.mark.parametrize(
    "query",
    [
        "?status=nonsense",
        "?channel=nowhere",
        "?placed_from=2026-02-30",
        "?placed_to=yesterday",
        "?customer=x",
        "?product=99999999999999999999",
        "?sort=customer__email",
        "?cursor=nonsense",
        f"?q={'x' * 5000}%00",
        "?q=%00",
    ],
)
def test_the_list_survives_filters_that_nobody_offered(owner_browser: Browser, query: str) -> None:
    bread("A-1")

    assert owner_browser.get(f"/orders/{query}").status_code == 200


def test_the_list_says_which_part_of_a_filter_it_left_out(owner_browser: Browser) -> None:
    page = owner_browser.get("/orders/?placed_from=2026-02-30").content.decode()

    assert "This part of the filter was left out" in page
    assert "From: Enter a valid date." in page


def test_the_list_is_paged(owner_browser: Browser) -> None:
    for number in range(51):
        OrderFactory(number=f"A-{number}", placed_at=MORNING + timedelta(hours=number))

    first = owner_browser.get("/orders/").content.decode()
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = owner_browser.get(f"/orders/{following}").content.decode()

    assert numbers(first) + numbers(second) == [f"A-{number}" for number in reversed(range(51))]


def test_htmx_gets_the_rows_alone(owner_browser: Browser) -> None:
    bread("A-1")

    response = owner_browser.get("/orders/", headers={"HX-Request": "true"})

    assert numbers(response.content.decode()) == ["A-1"]
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response.headers["Vary"]


def test_the_list_and_the_detail_ask_the_same_whatever_they_show(
    owner: User, django_assert_num_queries: CountQueries
) -> None:
    browser = signed_in(owner)
    for count in (1, 3):
        while Order.objects.count() < count:
            order = bread(f"A-{Order.objects.count()}", customer=CustomerFactory(), quantity=2)
            refund_order(order, amount_minor=1)
        with django_assert_num_queries(12):
            browser.get("/orders/")

    for count in (1, 3):
        edit_order(order, lines=[NewLine(product=ProductFactory(), quantity=2) for _ in range(count)])
        refund_order(order, amount_minor=1)
        with django_assert_num_queries(16):
            browser.get(f"/orders/{order.pk}/")


def test_the_detail_shows_lines_refunds_and_history(owner: User) -> None:
    browser = signed_in(owner)
    order = bread("A-1", customer=CustomerFactory(name="Maria Weber"), quantity=2, discount_minor=50)
    refund_order(order, amount_minor=100, reason="Burnt")
    browser.post(f"/orders/{order.pk}/fulfilment/")

    page = browser.get(f"/orders/{order.pk}/").content.decode()

    for words in ("Maria Weber", "Rye", "€9.00", "€0.50", "€8.50", "€1.00", "€7.50", "Burnt", "Ordered for €8.50"):
        assert words in page
    assert "€1.00 of order A-1 refunded" in page
    assert "Order A-1 fulfilled" in page
    assert owner.name in page


def test_the_history_follows_an_order_from_customer_to_customer(owner_browser: Browser) -> None:
    order = bread("A-1", customer=CustomerFactory())
    for customer in (CustomerFactory(), None, CustomerFactory()):
        order = edit_order(order, customer=customer)

    page = owner_browser.get(f"/orders/{order.pk}/").content.decode()

    assert page.count("Ordered for") == 1
    assert page.count("Order A-1 changed") == Event.objects.filter(kind="OrderChanged").count() == 6


def test_the_history_keeps_what_was_recorded_before_a_merge(owner_browser: Browser) -> None:
    absorbed, survivor = CustomerFactory(), CustomerFactory()
    order = bread("A-1", customer=absorbed)
    absorbed.merged_into = survivor
    absorbed.save()
    Order.objects.update(customer=survivor)

    assert "Ordered for" in owner_browser.get(f"/orders/{order.pk}/").content.decode()


def test_an_imported_order_shows_what_lies_beyond_its_lines(owner_browser: Browser) -> None:
    order = bread("A-1")
    Order.objects.update(total_minor=940)

    page = owner_browser.get(f"/orders/{order.pk}/").content.decode()

    assert "Beyond the lines" in page
    assert "€4.90" in page


@pytest.mark.parametrize("step", ["", "edit/", "refund/", "cancellation/"])
def test_another_workspaces_order_is_not_there(owner_browser: Browser, other_workspace: Workspace, step: str) -> None:
    with workspace_scope(other_workspace):
        theirs = bread("B-1")

    assert owner_browser.get(f"/orders/{theirs.pk}/{step}").status_code == 404


@pytest.mark.parametrize("step", ["edit", "payment", "fulfilment", "refund", "cancellation", "archival", "restoration"])
def test_nobody_changes_another_workspaces_order(owner_browser: Browser, other_workspace: Workspace, step: str) -> None:
    with workspace_scope(other_workspace):
        theirs = bread("B-1", paid=False)
        recorded = Event.objects.count()

    assert owner_browser.post(f"/orders/{theirs.pk}/{step}/", {"amount": "1", "key": "k"}).status_code == 404

    with workspace_scope(other_workspace):
        assert Event.objects.count() == recorded


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("payment", "paid_at"),
        ("fulfilment", "fulfilled_at"),
        ("cancellation", "cancelled_at"),
        ("archival", "archived_at"),
    ],
)
def test_steps_are_taken_from_the_page(owner_browser: Browser, step: str, state: str) -> None:
    order = bread("A-1", paid=False)

    response = owner_browser.post(f"/orders/{order.pk}/{step}/")

    order.refresh_from_db()
    assert response.headers["Location"] == f"/w/bakery/orders/{order.pk}/"
    assert getattr(order, state) is not None


def test_an_archived_order_is_restored_from_the_page(owner_browser: Browser) -> None:
    order = archive_order(bread("A-1"))

    owner_browser.post(f"/orders/{order.pk}/restoration/")

    order.refresh_from_db()
    assert order.archived_at is None


def test_a_cancelling_is_taken_back_on_the_page(owner_browser: Browser) -> None:
    order = bread("A-1")
    owner_browser.post(f"/orders/{order.pk}/cancellation/")
    assert "Take the cancelling back" in owner_browser.get(f"/orders/{order.pk}/").content.decode()

    response = owner_browser.post(f"/orders/{order.pk}/reinstatement/", follow=True)

    page = response.content.decode()
    assert ("is no longer cancelled" in page, "Take the cancelling back" in page) == (True, False)
    order.refresh_from_db()
    assert order.cancelled_at is None


def test_more_orders_than_are_summed_are_listed_without_a_sum(
    owner_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        bread(f"A-{number}")
    whole = owner_browser.get("/orders/").content.decode()
    monkeypatch.setattr("sales.queries.orders.MOST_SUMMED", 2)
    monkeypatch.setattr("sales.queries.MOST_SUMMED", 2)

    cut = owner_browser.get("/orders/").content.decode()

    assert ("3 orders" in whole, "after refunds" in whole) == (True, True)
    assert ("More than 2 orders" in cut, "after refunds" in cut) == (True, False)


@pytest.mark.parametrize("step", ["payment", "fulfilment", "cancellation", "reinstatement"])
def test_a_step_that_is_refused_says_why(owner_browser: Browser, step: str) -> None:
    order = archive_order(bread("A-1", paid=False))

    response = owner_browser.post(f"/orders/{order.pk}/{step}/", follow=True)

    assert "Order A-1 is archived. Restore it first." in response.content.decode()


@pytest.mark.parametrize("step", ["payment", "fulfilment", "archival", "restoration", "reinstatement"])
def test_looking_never_writes(owner_browser: Browser, step: str) -> None:
    assert owner_browser.get(f"/orders/{bread('A-1').pk}/{step}/").status_code == 405


def test_cancelling_is_asked_about_first(owner_browser: Browser) -> None:
    order = bread("A-1")

    page = owner_browser.get(f"/orders/{order.pk}/cancellation/").content.decode()

    order.refresh_from_db()
    assert "€4.50 go out of every figure" in page
    assert order.cancelled_at is None


def test_a_refund_in_part_is_written_down_once_however_often_it_is_sent(owner_browser: Browser) -> None:
    order = bread("A-1", quantity=2)
    page = owner_browser.get(f"/orders/{order.pk}/refund/").content.decode()
    key = page.split('name="key" value="')[1].split('"')[0]

    for _ in range(2):
        response = owner_browser.post(f"/orders/{order.pk}/refund/", {"amount": "1,50", "reason": "Burnt", "key": key})

    assert response.status_code == 302
    assert list(Refund.objects.values_list("amount_minor", "reason")) == [(150, "Burnt")]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "This field is required."),
        ("9,01", "This is more than what is left of the order."),
        ("0", "A refund must be above 0."),
        ("-1", "An amount can&#x27;t be negative."),
        ("a lot", "Write an amount in EUR, such as 12.50."),
        ("1.234", "can be read in two ways"),
        ("9" * 1_000_000, "Write an amount in EUR"),
    ],
)
def test_a_refund_that_can_not_be_is_refused_with_its_reason(owner_browser: Browser, amount: str, words: str) -> None:
    order = bread("A-1", quantity=2)

    response = owner_browser.post(f"/orders/{order.pk}/refund/", {"amount": amount, "reason": "Typed", "key": "k"})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    assert Refund.objects.count() == 0


def test_who_may_only_look_is_shown_no_buttons(member: Callable[[Role], User]) -> None:
    order = bread("A-1")
    browser = signed_in(member(Role.ANALYST))

    page = browser.get(f"/orders/{order.pk}/").content.decode()

    assert f"/orders/{order.pk}/edit/" not in page
    assert "Add an order" not in browser.get("/orders/").content.decode()
    assert browser.get("/orders/new/").status_code == 403
    assert browser.post(f"/orders/{order.pk}/cancellation/").status_code == 403
