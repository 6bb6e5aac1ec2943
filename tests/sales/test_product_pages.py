from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from sales.actions import NewLine, archive_order, archive_product, cancel_order, place_order
from sales.models import Order, Product
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
CountQueries = Callable[[int], AbstractContextManager[object]]
RYE = {"name": "Rye loaf", "sku": "RYE", "category": "Bread", "price": "4,50", "url": "shop.example/rye"}


def buy(product: Product, customer: Customer | None, *, quantity: int = 1, days: int = 0) -> Order:
    lines = [NewLine(product=product, quantity=quantity)]
    return place_order(customer=customer, placed_at=MORNING + timedelta(days=days), lines=lines)


def names(page: str) -> list[str]:
    return [part.split("<")[0] for part in page.split("data-row-link>")[1:]]


def test_a_product_is_added_and_changed_as_it_was_typed(owner_browser: Browser) -> None:
    response = owner_browser.post("/products/new/", RYE)

    product = Product.objects.get()
    assert response.headers["Location"] == f"/w/bakery/products/{product.pk}/"
    assert (product.name, product.sku, product.category, product.price_minor) == ("Rye loaf", "RYE", "Bread", 450)
    assert product.url == "https://shop.example/rye"

    page = owner_browser.get(f"/products/{product.pk}/edit/").content.decode()
    assert 'value="4.50"' in page
    owner_browser.post(f"/products/{product.pk}/edit/", RYE | {"price": "5"})
    product.refresh_from_db()
    assert product.price_minor == 500


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "n" * 1_000_000}, "at most 200 characters"),
        ({"sku": ""}, "This field is required."),
        ({"sku": "TAKEN"}, "Another product has the SKU “TAKEN”."),
        ({"price": "-1"}, "An amount can&#x27;t be negative."),
        ({"price": "a lot"}, "Write an amount in EUR, such as 12.50."),
        ({"price": "9" * 30}, "This is more than"),
        ({"url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"category": "c" * 1_000_000}, "at most 120 characters"),
    ],
)
def test_a_product_that_can_not_be_is_refused_and_nothing_typed_is_lost(
    owner_browser: Browser, typed: dict[str, str], words: str
) -> None:
    ProductFactory(sku="TAKEN")
    sent = RYE | {"category": "Typed"} | typed

    response = owner_browser.post("/products/new/", sent)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert ("category" in typed) or 'value="Typed"' in response.content.decode()
    assert (Product.objects.count(), Event.objects.count()) == (1, 0)


def test_the_list_is_searched_filtered_and_sorted(owner_browser: Browser, other_workspace: Workspace) -> None:
    for name, sku, category, price in (
        ("Rye", "B-1", "Bread", 300),
        ("Bun", "B-2", "Bread", 90),
        ("Pie", "C-1", "Cake", 200),
    ):
        ProductFactory(name=name, sku=sku, category=category, price_minor=price)
    archive_product(ProductFactory(name="Gone"))
    with workspace_scope(other_workspace):
        ProductFactory(name="Rose")

    def shown(query: str) -> list[str]:
        return names(owner_browser.get(f"/products/{query}").content.decode())

    assert shown("") == ["Bun", "Pie", "Rye"]
    assert shown("?sort=-price_minor") == ["Rye", "Pie", "Bun"]
    assert shown("?q=B-") == ["Bun", "Rye"]
    assert shown("?q=yE") == ["Rye"]
    assert shown("?category=Cake") == ["Pie"]
    assert shown("?is_archived=1") == ["Gone"]
    assert shown("?category=None&is_archived=maybe&q=%00&sort=id") == ["Bun", "Pie", "Rye"]


def test_what_was_sold_counts_orders_that_count(owner_browser: Browser) -> None:
    rye, maria, ben = ProductFactory(name="Rye"), CustomerFactory(name="Maria"), CustomerFactory(name="Ben")
    buy(rye, maria, quantity=2)
    buy(rye, maria, quantity=3, days=2)
    buy(rye, ben, days=1)
    buy(rye, None, days=3)
    cancel_order(buy(rye, ben, quantity=50))
    archive_order(buy(rye, ben, quantity=50))

    page = " ".join(owner_browser.get(f"/products/{rye.pk}/").content.decode().split())

    for label, value in (("Units sold", "7"), ("Orders", "4"), ("Buyers", "2")):
        assert f">{value}</a>" in page.split(f'<span class="stat-label">{label}</span>')[1][:200]
    assert "Mar 5, 2026" in page


def test_every_number_opens_the_rows_it_counted(owner_browser: Browser) -> None:
    rye, maria = ProductFactory(name="Rye"), CustomerFactory(name="Maria")
    buy(rye, maria, quantity=2)
    buy(rye, maria, quantity=3)
    buy(ProductFactory(), maria)

    page = owner_browser.get("/products/?q=Rye").content.decode()
    assert f'<a href="/w/bakery/orders/?product={rye.pk}">5</a>' in page
    assert f'<a href="/w/bakery/products/{rye.pk}/buyers/">1</a>' in page

    orders = owner_browser.get(f"/orders/?product={rye.pk}").content.decode()
    assert ("2 orders" in orders, "5 units of it" in orders) == (True, True)
    buyers = owner_browser.get(f"/products/{rye.pk}/buyers/").content.decode()
    assert f"?product={rye.pk}&amp;customer={maria.pk}" in buyers
    assert "2 orders" in owner_browser.get(f"/orders/?product={rye.pk}&customer={maria.pk}").content.decode()


def test_buyers_are_paged_the_latest_first(owner_browser: Browser) -> None:
    rye = ProductFactory()
    for number in range(52):
        buy(rye, CustomerFactory(name=f"Buyer {number:02}."), days=number // 10)

    first = owner_browser.get(f"/products/{rye.pk}/buyers/").content.decode()
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = owner_browser.get(f"/products/{rye.pk}/buyers/{following}").content.decode()

    everybody = names(first) + names(second)
    assert everybody == sorted(everybody, reverse=True)
    assert (len(set(everybody)), len(names(second))) == (52, 2)


@pytest.mark.parametrize("cursor", ["x", "2026-02-30~1", "2026-02-01~x", "2026-02-01~" + "9" * 40, "~"])
def test_buyers_survive_a_cursor_that_nobody_gave_out(owner_browser: Browser, cursor: str) -> None:
    rye = ProductFactory()

    assert owner_browser.get(f"/products/{rye.pk}/buyers/?cursor={cursor}").status_code == 200


def test_products_are_archived_and_restored_from_the_page(owner_browser: Browser) -> None:
    rye = ProductFactory()

    owner_browser.post(f"/products/{rye.pk}/archival/")
    assert Product.objects.offered().count() == 0
    owner_browser.post(f"/products/{rye.pk}/restoration/")
    assert Product.objects.offered().count() == 1


@pytest.mark.parametrize("step", ["", "buyers/", "edit/", "archival/", "restoration/"])
def test_another_workspaces_product_is_not_there(owner_browser: Browser, other_workspace: Workspace, step: str) -> None:
    with workspace_scope(other_workspace):
        theirs = ProductFactory(name="Rose")

    assert owner_browser.post(f"/products/{theirs.pk}/{step}", RYE).status_code in {404, 405}
    assert owner_browser.get(f"/products/{theirs.pk}/{step}").status_code in {404, 405}
    with workspace_scope(other_workspace):
        theirs.refresh_from_db()
    assert (theirs.name, theirs.archived_at) == ("Rose", None)


def test_who_may_only_look_changes_nothing(member: Callable[[Role], User]) -> None:
    rye = ProductFactory(name="Rye")
    browser = signed_in(member(Role.ANALYST))

    assert "Add a product" not in browser.get("/products/").content.decode()
    assert [browser.post(path, RYE).status_code for path in ("/products/new/", f"/products/{rye.pk}/edit/")] == [
        403,
        403,
    ]
    assert Product.objects.get().name == "Rye"


def test_pages_ask_the_same_whatever_they_show(owner: User, django_assert_num_queries: CountQueries) -> None:
    browser = signed_in(owner)
    rye = ProductFactory()
    for count in (1, 3):
        while Order.objects.count() < count:
            buy(rye, CustomerFactory())
            buy(ProductFactory(), CustomerFactory())
        with django_assert_num_queries(13):
            browser.get("/products/")
        with django_assert_num_queries(13):
            browser.get(f"/products/{rye.pk}/")
