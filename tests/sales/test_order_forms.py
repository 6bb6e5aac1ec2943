from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from sales.actions import NewLine, archive_product, cancel_order, place_order
from sales.models import Order, OrderLine
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from tests.sales.typed import typed_order
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

RYE = {"description": "Rye", "quantity": "2", "price": "4,50"}


def test_an_order_is_added_as_it_was_typed(owner_browser: Browser) -> None:
    customer = CustomerFactory(email="maria@mail.example")
    sent = typed_order(RYE, {"description": "Bun", "price": "0.80"}, customer="MARIA@mail.example", discount="0,30")

    response = owner_browser.post("/orders/new/", sent)

    order = Order.objects.get()
    assert response.headers["Location"] == f"/w/bakery/orders/{order.pk}/"
    assert (order.customer, order.total_minor, order.discount_minor, order.units) == (customer, 950, 30, 3)
    # Half past nine in Berlin.
    assert (order.placed_at, order.number) == (datetime(2026, 3, 2, 8, 30, tzinfo=UTC), "260302-1")
    assert (order.source, order.channel, order.paid_at) == ("manual", "shop", order.placed_at)


def test_an_order_takes_name_and_price_from_the_product(owner_browser: Browser) -> None:
    rye = ProductFactory(sku="RYE", name="Rye loaf", price_minor=450)

    owner_browser.post("/orders/new/", typed_order({"sku": "RYE", "quantity": "3"}))

    line = OrderLine.objects.get()
    assert (line.product, line.description, line.total_minor) == (rye, "Rye loaf", 1350)


def test_an_order_in_another_currency_is_typed_in_it(owner_browser: Browser) -> None:
    owner_browser.post(
        "/orders/new/", typed_order({"description": "Tin", "price": "1250"}, currency="JPY", rate="0,006123")
    )

    order = Order.objects.get()
    assert (order.currency, order.total_minor, order.value_minor) == ("JPY", 1250, 765)


def test_an_unpaid_order_stays_unpaid(owner_browser: Browser) -> None:
    sent = typed_order(RYE)
    del sent["is_paid"]

    owner_browser.post("/orders/new/", sent)

    assert Order.objects.get().paid_at is None


@pytest.mark.parametrize(
    "typed", ["Maria Weber", "{name} · #{pk}", "whoever #{pk}", "maria@MAIL.example", " Maria Weber "]
)
def test_a_customer_is_found_by_what_was_typed(owner_browser: Browser, typed: str) -> None:
    maria = CustomerFactory(name="Maria Weber", email="maria@mail.example")
    CustomerFactory(name="Maria Weberknecht")

    owner_browser.post("/orders/new/", typed_order(RYE, customer=typed.format(name=maria.name, pk=maria.pk)))

    assert Order.objects.get().customer == maria


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Ada", "Several customers have this name."),
        ("Nobody", "No customer was found by this."),
        ("#999999", "No customer was found by this."),
        ("#999999999999999999999", "No customer was found by this."),
        ("@", "No customer was found by this."),
        ("x" * 1_000_000, "No customer was found by this."),
    ],
)
def test_a_customer_who_is_not_clear_is_asked_for_again(owner_browser: Browser, typed: str, words: str) -> None:
    CustomerFactory.create_batch(2, name="Ada")

    response = owner_browser.post("/orders/new/", typed_order(RYE, customer=typed))

    assert response.status_code == 422
    assert words in response.content.decode()
    assert Order.objects.count() == 0


def test_nothing_of_another_workspace_gets_into_an_order(owner_browser: Browser, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        stranger, flower = CustomerFactory(email="rose@mail.example"), ProductFactory(sku="ROSE")

    for foreign in (
        typed_order(RYE, customer=f"{stranger} · #{stranger.pk}"),
        typed_order(RYE, customer="rose@mail.example"),
        typed_order({"sku": flower.sku}),
    ):
        assert owner_browser.post("/orders/new/", foreign).status_code == 422

    assert Order.objects.count() == 0
    page = owner_browser.get(f"/orders/new/?customer={stranger.pk}").content.decode()
    assert (stranger.name in page, flower.sku in page) == (False, False)


@pytest.mark.parametrize(
    ("line", "fields", "words"),
    [
        (RYE, {"placed_at": ""}, "This field is required."),
        (RYE, {"placed_at": "2026-02-30T10:00"}, "Enter a valid date/time."),
        (RYE, {"placed_at": "2026-03-29T02:30"}, "be interpreted in time zone Europe/Berlin"),
        (RYE, {"placed_at": "0001-01-01T00:00"}, "must lie between 1900 and now"),
        (RYE, {"placed_at": "9999-12-31T23:59"}, "must lie between 1900 and now"),
        (RYE, {"currency": "GOLD"}, "Select a valid choice."),
        (RYE, {"currency": "USD"}, "Say what 1 USD was worth in EUR"),
        (RYE, {"currency": "USD", "rate": "much"}, "Write a rate such as 0.92"),
        (RYE, {"rate": "2"}, "EUR is the workspace&#x27;s own currency"),
        (RYE, {"discount": "-1"}, "An amount can&#x27;t be negative."),
        (RYE, {"discount": "9,01"}, "The discount is larger than the lines come to."),
        (RYE, {"number": "taken"}, "There is already an order “taken” from manual."),
        (RYE, {"number": "9" * 1_000_000}, "at most 120 characters"),
        (RYE, {"channel": "c" * 1_000_000}, "at most 60 characters"),
        ({**RYE, "quantity": "0"}, {}, "greater than or equal to 1"),
        ({**RYE, "quantity": "-3"}, {}, "greater than or equal to 1"),
        ({**RYE, "quantity": "9" * 30}, {}, "less than or equal to 1000000"),
        ({**RYE, "quantity": "two"}, {}, "Enter a whole number."),
        ({**RYE, "price": "-4"}, {}, "An amount can&#x27;t be negative."),
        ({**RYE, "price": "4.505"}, {}, "can be read in two ways"),
        ({**RYE, "price": "9" * 20}, {}, "This is more than"),
        ({**RYE, "price": ""}, {}, "Line 1: A price is missing."),
        ({**RYE, "total": "x" * 1_000_000}, {}, "Write an amount in EUR"),
        ({"price": "1"}, {}, "Line 1: Say what it is."),
        ({"sku": "NONE"}, {}, "No product has the SKU “NONE”."),
        ({"sku": "s" * 1_000_000}, {}, "at most 80 characters"),
        ({}, {}, "An order needs at least one line."),
        (RYE, {"lines-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
        (RYE, {"lines-TOTAL_FORMS": "1000000"}, "Please submit at most 500 forms."),
    ],
)
def test_an_order_that_can_not_be_is_refused_with_its_reason(
    owner_browser: Browser, line: dict[str, str], fields: dict[str, str], words: str
) -> None:
    place_order(
        customer=None,
        number="taken",
        placed_at=datetime(2026, 3, 1, tzinfo=UTC),
        lines=[NewLine(description="Rye", unit_price_minor=1)],
    )
    recorded = Event.objects.count()

    response = owner_browser.post("/orders/new/", typed_order(line, **fields))

    assert response.status_code == 422
    assert words in response.content.decode()
    assert (Order.objects.count(), Event.objects.count()) == (1, recorded)


def test_nothing_typed_is_lost_when_something_is_refused(owner_browser: Browser) -> None:
    sent = typed_order({**RYE, "price": "four"}, customer="Nobody", number="A-7", channel="market", discount="1,00")

    page = owner_browser.post("/orders/new/", sent).content.decode()

    for value in ("Nobody", "2026-03-02T09:30", "A-7", "market", "1,00", "Rye", "four"):
        assert f'value="{value}"' in page


def test_another_line_keeps_what_was_typed_and_judges_nothing(owner_browser: Browser) -> None:
    sent = typed_order({**RYE, "price": "four"}, customer="Nob", placed_at="", add_line="1")

    response = owner_browser.post("/orders/new/", sent)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="lines-TOTAL_FORMS" value="4"' in page
    assert ("invalid-feedback" in page, 'value="four"' in page, 'value="Nob"' in page) == (False, True, True)
    assert Order.objects.count() == 0


@pytest.mark.parametrize("count", ["x", "-5", "99999999"])
def test_another_line_survives_a_count_that_nobody_sent(owner_browser: Browser, count: str) -> None:
    sent = {**typed_order(RYE, add_line="1"), "lines-TOTAL_FORMS": count}

    assert owner_browser.post("/orders/new/", sent).status_code == 200


def test_the_form_offers_products_that_can_be_had(owner_browser: Browser) -> None:
    ProductFactory(sku="RYE")
    archive_product(ProductFactory(sku="GONE"))

    page = owner_browser.get("/orders/new/").content.decode()

    assert ('<option value="RYE">' in page, "GONE" in page) == (True, False)


def test_the_customers_page_leads_to_an_order_for_them(owner_browser: Browser) -> None:
    maria = CustomerFactory(name="Maria Weber")

    assert (
        f'value="Maria Weber · #{maria.pk}"' in owner_browser.get(f"/orders/new/?customer={maria.pk}").content.decode()
    )
    for nobody in ("x", "0", "9" * 40):
        assert owner_browser.get(f"/orders/new/?customer={nobody}").status_code == 200


def test_customers_are_offered_while_typing(owner_browser: Browser, other_workspace: Workspace) -> None:
    maria = CustomerFactory(name="Maria Weber", email="m@mail.example")
    with workspace_scope(other_workspace):
        CustomerFactory(name="Maria Rose")

    page = owner_browser.get("/orders/customer-choices/?customer=mar").content.decode()

    assert page.strip() == f'<option value="Maria Weber · #{maria.pk}">m@mail.example</option>'
    assert "option" not in owner_browser.get("/orders/customer-choices/?customer=m").content.decode()


def placed(**given: object) -> Order:
    lines = [NewLine(description="Rye", quantity=3, total_minor=1000), NewLine(description="Bun", unit_price_minor=80)]
    order = {
        "customer": None,
        "placed_at": datetime(2026, 3, 2, 8, 30, 15, tzinfo=UTC),
        "lines": lines,
        "number": "A-1",
    }
    return place_order(**{**order, **given})  # type: ignore[arg-type]  # whatever a test says differs


def as_shown(order: Order, **fields: str) -> dict[str, str]:
    """What the edit page of `placed()` sends back when nothing is touched."""
    lines = (
        {"description": "Rye", "quantity": "3", "price": "3.33", "total": "10.00"},
        {"description": "Bun", "quantity": "1", "price": "0.80"},
    )
    return typed_order(*lines, number=order.number, channel=order.channel, **fields)


def test_an_order_saved_untouched_is_the_same(owner_browser: Browser) -> None:
    order = placed()
    before = Order.objects.filter(pk=order.pk).values().get()

    response = owner_browser.post(f"/orders/{order.pk}/edit/", as_shown(order))

    after = Order.objects.filter(pk=order.pk).values().get()
    assert response.status_code == 302
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_an_imported_total_outlives_an_edit_beside_its_lines(owner_browser: Browser) -> None:
    order = placed()
    Order.objects.update(total_minor=1570, value_minor=1570)

    assert "€4.90 more than its lines" in owner_browser.get(f"/orders/{order.pk}/edit/").content.decode()
    owner_browser.post(f"/orders/{order.pk}/edit/", as_shown(order) | {"channel": "web"})

    order.refresh_from_db()
    assert (order.channel, order.total_minor) == ("web", 1570)


def test_an_order_is_edited(owner_browser: Browser) -> None:
    order = placed(customer=CustomerFactory())
    maria = CustomerFactory(email="maria@mail.example")
    sent = typed_order(
        {**RYE, "quantity": "5"},
        customer="maria@mail.example",
        placed_at="2026-03-05T00:30",
        number="A-2",
        discount="2",
    )

    owner_browser.post(f"/orders/{order.pk}/edit/", sent)

    order.refresh_from_db()
    assert (order.customer, order.number, order.placed_on) == (maria, "A-2", date(2026, 3, 5))
    assert (order.total_minor, order.units, order.lines.count()) == (2050, 5, 1)


def test_a_line_that_is_marked_is_removed(owner_browser: Browser) -> None:
    order = placed()

    owner_browser.post(f"/orders/{order.pk}/edit/", as_shown(order) | {"lines-0-is_removed": "on"})

    order.refresh_from_db()
    assert (order.total_minor, [str(line) for line in order.lines.all()]) == (80, ["1 x Bun"])


def test_an_order_of_somebody_erased_can_still_be_corrected(owner_browser: Browser) -> None:
    order = placed(customer=CustomerFactory(name=""))
    customer = order.customer
    assert customer is not None
    customer.erased_at = datetime(2026, 4, 1, tzinfo=UTC)
    customer.save()
    shown = owner_browser.get(f"/orders/{order.pk}/edit/").content.decode()
    typed = shown.split('name="customer" value="')[1].split('"')[0]

    response = owner_browser.post(f"/orders/{order.pk}/edit/", as_shown(order, customer=typed) | {"channel": "web"})

    order.refresh_from_db()
    assert (response.status_code, order.channel, order.customer) == (302, "web", customer)


def test_an_old_currency_is_kept(owner_browser: Browser) -> None:
    order = placed(currency="DEM", rate_micros=511_292)

    page = owner_browser.get(f"/orders/{order.pk}/edit/").content.decode()

    assert '<option value="DEM" selected>' in page
    assert 'name="rate" value="0.511292"' in page


def test_a_closed_order_is_not_edited(owner_browser: Browser) -> None:
    order = cancel_order(placed())

    response = owner_browser.get(f"/orders/{order.pk}/edit/", follow=True)

    assert "Order A-1 is closed and can&#x27;t be changed." in response.content.decode()
