from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, archive_customer, tag_customer, tag_matching_customers, tag_named
from customers.actions.upsert import CustomerRow, upsert_customers
from customers.models import Customer, CustomerTag, Facts, Tag
from customers.queries import CustomerFilter, customer_page, found_by
from customers.queries.filtering import BirthdayWhen, Kept, matching_customers
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def customer(name: str, *, spent: int = 0, last: date | None = None, **fields: Any) -> Customer:
    made = add_customer(source="hand", name=name, **fields)
    Facts.objects.filter(customer=made).update(spent_minor=spent, last_order_on=last, orders_count=1 if last else 0)
    return made


def names(wanted: CustomerFilter | None = None, **page: Any) -> list[str]:
    wanted = wanted or CustomerFilter()
    return [each.name for each in customer_page(wanted, found_by(wanted), **page).rows]


def walked(sort: str, wanted: CustomerFilter | None = None, *, size: int = 1) -> list[str]:
    """All pages, of one customer each."""
    seen, cursor = [], ""
    while True:
        page = customer_page(wanted or CustomerFilter(), None, sort=sort, cursor=cursor, size=size)
        seen += [each.name for each in page.rows]
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor


@pytest.fixture
def street(workspace: Workspace, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        customer("Florist's", spent=999_999, last=date(2026, 5, 5))
    customer("ölaf", spent=500, last=date(2026, 3, 1), joined_on=date(2026, 1, 3))
    customer("Anna", spent=900, last=date(2026, 4, 1), joined_on=date(2026, 1, 1))
    customer("Zoe", joined_on=date(2026, 1, 2))
    customer("ben", joined_on=date(2026, 1, 2))


@pytest.mark.usefixtures("street")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Anna", "ben", "ölaf", "Zoe"]),
        ("-name", ["Zoe", "ölaf", "ben", "Anna"]),
        ("joined", ["Anna", "Zoe", "ben", "ölaf"]),
        ("-joined", ["ölaf", "ben", "Zoe", "Anna"]),
        ("last_order", ["ölaf", "Anna", "Zoe", "ben"]),
        ("-last_order", ["Anna", "ölaf", "ben", "Zoe"]),
        ("spent", ["Zoe", "ben", "ölaf", "Anna"]),
        ("-spent", ["Anna", "ölaf", "ben", "Zoe"]),
    ],
)
def test_every_sort_walks_page_by_page_over_everybody_once(sort: str, expected: list[str]) -> None:
    assert names(sort=sort) == expected
    assert walked(sort) == expected


@pytest.mark.usefixtures("street")
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CustomerFilter(search="ola"), ["ölaf"]),
        (CustomerFilter(joined_from=date(2026, 1, 2), joined_to=date(2026, 1, 2)), ["ben", "Zoe"]),
        (CustomerFilter(last_order_from=date(2026, 3, 2)), ["Anna"]),
        (CustomerFilter(last_order_to=date(2026, 3, 1)), ["ölaf"]),
        (CustomerFilter(spent_from=500, spent_to=500), ["ölaf"]),
        (CustomerFilter(orders_from=1), ["Anna", "ölaf"]),
        (CustomerFilter(orders_to=0), ["ben", "Zoe"]),
        (CustomerFilter(kept=Kept.ARCHIVED), []),
        (CustomerFilter(tag_id=0), []),
        (CustomerFilter(source_channel="fair"), []),
    ],
)
@pytest.mark.parametrize("sort", ["name", "spent"])
def test_filters_mean_the_same_whatever_leads_the_query(wanted: CustomerFilter, expected: list[str], sort: str) -> None:
    assert sorted(names(wanted, sort=sort), key=str.lower) == sorted(expected, key=str.lower)


@pytest.mark.parametrize("sort", ["-name", "joined", "-spent", "last_order", "-last_order"])
@pytest.mark.parametrize(
    "bounds",
    [
        (10_000, 1_000, 1.2, 80, 800),
        (10_000, 1_000, 1.2, 1, 1),
        (10_000, 2, 1.2, 1, 1),
        (20, 20, 0.1, 1, 1),
        (2, 2, 1.5, 1, 1),
        (2, 2, 1.5, 1, 3),
        (2, 2, 6.0, 1, 100),
    ],
)
def test_a_filtered_list_is_the_same_by_whichever_way_its_pages_are_found(
    monkeypatch: pytest.MonkeyPatch, sort: str, bounds: tuple[int, int, float, int, int]
) -> None:
    tag = tag_named("tagged")
    for number in range(12):
        days = {"last": date(2026, 1, 1 + number % 5)} if number % 3 else {}
        source, joined_on = "fair" if number % 2 else "web", date(2026, 2, 1 + number % 4)
        made = customer(f"C{number * 7 % 12:02}", spent=number % 4, source_channel=source, joined_on=joined_on, **days)
        if number % 4 < 3:
            tag_customer(made, name="tagged")
        if number == 8:
            archive_customer(made)
    everybody = walked(sort, size=50)
    filters = [
        CustomerFilter(source_channel="fair"),
        CustomerFilter(tag_id=tag.pk),
        CustomerFilter(tag_id=tag.pk, spent_from=1),
        CustomerFilter(orders_to=0),
        CustomerFilter(orders_from=1, orders_to=1),
        CustomerFilter(spent_from=1, spent_to=2),
        CustomerFilter(last_order_from=date(2026, 1, 2)),
        CustomerFilter(joined_from=date(2026, 2, 2), joined_to=date(2026, 2, 3)),
    ]
    matching = [set(names(wanted)) for wanted in filters]
    expected = [[each for each in everybody if each in known] for known in matching]
    names_of_bounds = ("MOST_SORTED", "MOST_MATCHING_COUNTED", "BY_SIDE_FOR_ONE", "WALKED_PER_ROW")
    for name, bound in zip((*names_of_bounds, "WALKED_PER_ROW_OF_MANY"), bounds, strict=True):
        monkeypatch.setattr(f"customers.queries.listing.{name}", bound)

    assert [walked(sort, wanted, size=3) for wanted in filters] == expected
    counts = [customer_page(wanted, None, sort=sort, size=1).count for wanted in filters]
    more = bounds[1] + 1
    assert [min(count, more) for count in counts] == [min(len(each), more) for each in expected]
    assert [len(each) for each in expected] == [6, 8, 6, 4, 7, 6, 5, 6]


def test_who_never_ordered_follows_in_the_order_of_spending_by_one_index() -> None:
    # Of a handful, the index of all who spent would be as cheap.
    upsert_customers([CustomerRow(external_id=f"K-{number}", name="Anna") for number in range(2000)], source="demo")
    with CaptureQueriesContext(connection) as queries:
        customer_page(CustomerFilter(orders_to=0), None, sort="-spent")
    walk = next(query["sql"] for query in queries if "OFFSET" in query["sql"])

    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        cursor.execute(f"explain {walk}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert ("facts_by_orders_and_spent" in plan, "Sort" in plan) == (True, False), plan


def test_archived_customers_visitors_tags_and_channels_are_lists_of_their_own() -> None:
    archive_customer(customer("Archived"))
    add_customer(source="api", is_anonymous=True, external_ids={"anonymous": "1"})
    tagged = customer("Tagged", source_channel="fair")
    tag = tag_customer(tagged, name="regular")

    assert names(CustomerFilter(kept=Kept.ARCHIVED)) == ["Archived"]
    assert names(CustomerFilter(kept=Kept.ANONYMOUS)) == [""]
    assert names(CustomerFilter(tag_id=tag.pk)) == names(CustomerFilter(source_channel="fair")) == ["Tagged"]


@time_machine.travel("2027-02-28 12:00+00:00")
def test_birthdays_of_the_leap_day_are_kept_on_the_28th() -> None:
    customer("Leap", birthday="02-29")
    customer("March", birthday="03-05")
    customer("Summer", birthday="07-01")

    assert names(CustomerFilter(birthday=BirthdayWhen.TODAY)) == ["Leap"]
    assert names(CustomerFilter(birthday=BirthdayWhen.WEEK), sort="name") == ["Leap", "March"]
    assert names(CustomerFilter(birthday=BirthdayWhen.MONTH)) == ["Leap"]


def test_a_filter_survives_its_way_to_the_worker() -> None:
    wanted = CustomerFilter(search="x", kept=Kept.ARCHIVED, birthday=BirthdayWhen.WEEK, joined_from=date(2026, 1, 1))

    assert CustomerFilter.from_plain(wanted.as_plain()) == wanted


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("sort", ["name", "-spent"])
def test_the_list_takes_the_same_queries_however_long(owner_browser: Browser, rows: int, sort: str) -> None:
    for each in CustomerFactory.create_batch(rows):
        tag_customer(each, name=f"tag {each.pk}")

    with CaptureQueriesContext(connection) as queries:
        owner_browser.get(f"/customers/?sort={sort}")

    ours = [query["sql"] for query in queries if "customers_" in query["sql"]]
    assert len(ours) == 7, "\n".join(ours)  # and one that counts, where one page does not hold them all


def test_the_page_shows_names_as_they_are_typed(owner_browser: Browser) -> None:
    customer("<b>🎂</b> שרה & Söhne")

    page = owner_browser.get("/customers/").content.decode()

    assert "&lt;b&gt;🎂&lt;/b&gt; שרה &amp; Söhne" in page


def test_an_empty_list_says_what_to_do_and_a_filtered_one_too(owner_browser: Browser) -> None:
    assert "No customers yet" in owner_browser.get("/customers/").content.decode()
    customer("Anna")
    assert "Nobody matches" in owner_browser.get("/customers/?q=xyzzy").content.decode()


def test_a_live_search_gets_the_rows_alone(owner_browser: Browser) -> None:
    customer("Anna")

    response = owner_browser.get("/customers/?q=ann", headers={"HX-Request": "true"})

    assert ("<html" in response.content.decode(), "Anna" in response.content.decode()) == (False, True)
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize(
    "query",
    ["cursor=nonsense", "sort=password", "tag=999999", "joined_from=yesterday", "spent_from=lots", "q=%00", "kept=x"],
)
def test_what_the_address_bar_says_wrongly_breaks_nothing(owner_browser: Browser, query: str) -> None:
    customer("Anna")

    assert owner_browser.get(f"/customers/?{query}").status_code == 200


def test_the_chosen_are_tagged(owner_browser: Browser) -> None:
    anna, _ben = customer("Anna"), customer("Ben")

    owner_browser.post("/customers/tagging/?q=a", {"who": "chosen", "customers": [anna.pk], "tag": " Regular "})

    assert list(CustomerTag.objects.values_list("customer", "tag__name")) == [(anna.pk, "Regular")]
    assert Event.objects.filter(kind="CustomerTagged").count() == 1


def test_all_that_match_are_tagged_also_on_other_pages(owner_browser: Browser) -> None:
    CustomerFactory.create_batch(60, name="Anna")
    customer("Ben")

    owner_browser.post("/customers/tagging/?q=anna", {"who": "matching", "tag": "regular"})

    assert CustomerTag.objects.count() == 60


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"who": "chosen", "tag": "regular"}, "Choose the customers"),
        ({"who": "matching", "tag": "  "}, "Write the tag"),
        ({"who": "matching", "tag": "x" * 61}, "at most 60"),
    ],
)
def test_a_refused_tagging_says_why(owner_browser: Browser, data: dict[str, str], reason: str) -> None:
    customer("Anna")

    response = owner_browser.post("/customers/tagging/", data)

    assert (response.status_code, reason in response.content.decode()) == (422, True)
    assert CustomerTag.objects.count() == 0


def test_a_list_too_long_for_one_request_is_tagged_in_steps(
    workspace: Workspace, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.actions.tags.TAGS_AT_ONCE", 2)
    CustomerFactory.create_batch(5)

    count = tag_matching_customers(workspace, CustomerFilter(), tag=tag_named("all"), actor=f"user:{owner.pk}")

    assert (count, CustomerTag.objects.count()) == (5, 5)
    assert set(Event.objects.filter(kind="CustomerTagged").values_list("actor", flat=True)) == {f"user:{owner.pk}"}


@pytest.mark.parametrize("is_away", [False, True])
def test_what_only_a_worker_can_tag_is_refused_while_none_can_be_told(
    owner_browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    is_away: bool,  # noqa: FBT001  a parameter
) -> None:
    monkeypatch.setattr("customers.actions.TAGS_AT_ONCE", 2)
    CustomerFactory.create_batch(5)
    if is_away:
        monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")

    answer = owner_browser.post("/customers/tagging/", {"who": "matching", "tag": "regular"})

    assert answer.status_code == (422 if is_away else 302)
    assert ("be reached just now" in answer.content.decode()) == is_away
    assert (Tag.objects.count(), CustomerTag.objects.count()) == (0 if is_away else 1, 0)


def test_the_download_holds_what_is_filtered_and_no_formula(owner_browser: Browser) -> None:
    customer('=cmd("x")', spent=1250, email="maria@bakery.example", birthday="03-12")
    customer("Ben")

    response = owner_browser.post("/customers/download/?spent_from=1")
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))

    assert [(row["Name"], row["Spent"], row["Birthday"]) for row in rows] == [('\'=cmd("x")', "12.50", "03-12")]
    assert Event.objects.get(kind="CustomerListDownloaded").payload == {"filters": ["spent_from"]}


def test_analysts_see_no_button_they_may_not_press(member: Any) -> None:
    customer("Anna")

    page = signed_in(member(Role.ANALYST)).get("/customers/").content.decode()

    assert ("Tag the chosen" in page, "Download CSV" in page) == (False, True)


def test_the_command_bar_gets_links(owner_browser: Browser) -> None:
    anna = customer("Anna")

    page = owner_browser.get("/customers/search/?q=ann").content.decode()

    assert f'href="/w/bakery/customers/{anna.pk}/"' in page
    assert matching_customers(CustomerFilter(), None).count() == 1
