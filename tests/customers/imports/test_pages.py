from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Role, User
from accounts.scope import current_workspace
from customers.importing.running import run_due_imports
from customers.models import Customer, Import, ImportRow
from messaging.models import ConsentRecord
from sales.models import Order
from tests.client import Browser
from tests.conftest import signed_in
from tests.customers.imports.files import csv_file, imported, plan, planned, uploaded
from tests.factories.messaging import TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")


def post_file(
    browser: Browser, *lines: str, kind: str = "customers", encoding: str = "utf-8", name: str = "people.csv"
) -> Any:
    content = csv_file(*lines, encoding=encoding).read()
    return browser.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def columns(*chosen: str, **settings: str) -> dict[str, str]:
    fields = {f"column_{at}": name for at, name in enumerate(chosen)}
    return fields | {"day_order": "dmy", "decimal_sign": ".", "system": "shop"} | settings


def path(source: Import, step: str = "") -> str:
    return f"/imports/{source.pk}/{step}"


def test_from_a_file_to_customers_and_the_lines_that_were_refused(owner_browser: Browser) -> None:
    answer = post_file(owner_browser, "Name;E-Mail;Brot", "Zoë;z@mail.example;Roggen", "Bo;bad;=1+1", encoding="cp1252")
    source = Import.objects.get()
    assert answer.headers["Location"].endswith(path(source, "columns/"))
    page = owner_browser.get(path(source, "columns/")).content.decode()
    assert "z@mail.example · bad" in page

    answer = owner_browser.post(path(source, "columns/"), columns("name", "email", "attribute:text"))
    assert answer.headers["Location"].endswith(path(source))
    run_due_imports(current_workspace())
    page = owner_browser.get(path(source)).content.decode()
    assert "Import 1 line<" in page
    assert "Write an e-mail address like" in page

    owner_browser.post(path(source, "start/"))
    run_due_imports(current_workspace())
    page = owner_browser.get(path(source)).content.decode()
    assert "Refused or doubtful lines" in page
    assert list(Customer.objects.values_list("name", "attributes")) == [("Zoë", {"brot": "Roggen"})]

    answer = owner_browser.get(path(source, "refusals/"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streaming response
    header, row = csv.reader(io.StringIO(text))
    assert header == ["Line", "What became of it", "Column", "Reason", "Name", "E-Mail", "Brot"]
    assert (row[:3], row[4:]) == (["3", "Refused", "E-Mail"], ["Bo", "bad", "'=1+1"])


def test_orders_are_asked_for_their_currency_and_rates(owner_browser: Browser) -> None:
    post_file(owner_browser, "Order,Date,Total", "A-1,31/01/2026,10.00", kind="orders")
    source = Import.objects.get()
    money = {"currency": "USD", "rates": "usd=0.9; GBP 1.17", "channel": "till", "adds_customers": "on"}

    owner_browser.post(path(source, "columns/"), columns("number", "placed_at", "total", **money))
    run_due_imports(current_workspace())
    owner_browser.post(path(source, "start/"))
    run_due_imports(current_workspace())

    order = Order.objects.get()
    assert (order.currency, order.value_minor, order.channel) == ("USD", 900, "till")


@pytest.mark.parametrize("rates", ["USD", "USD=0", "0.9", "USD 0.9.9", "dollars 1"])
def test_a_rate_that_is_none_is_said_at_its_field(owner_browser: Browser, rates: str) -> None:
    source = uploaded("Order,Date,Total", "A-1,31/01/2026,10.00", kind="orders")

    answer = owner_browser.post(
        path(source, "columns/"), columns("number", "placed_at", "total", currency="EUR", rates=rates)
    )

    assert answer.status_code == 422
    assert "is no rate" in answer.content.decode()


def test_days_that_can_be_read_either_way_are_asked_for(owner_browser: Browser) -> None:
    source = uploaded("Name,Birthday", "Ann,03/04/1990")
    assert plan(source).day_order is None

    answer = owner_browser.post(path(source, "columns/"), columns("name", "birthday", day_order=""))
    assert answer.status_code == 422
    assert "can be read either way" in answer.content.decode()

    owner_browser.post(path(source, "columns/"), columns("name", "birthday", day_order="mdy"))
    source.refresh_from_db()
    assert (source.state, plan(source).day_order) == ("checking", "mdy")


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (("", ""), "says who it is"),
        (("name", "name"), "“Name” holds this already."),
        (("name", "nonsense"), "Select a valid choice"),
    ],
)
def test_columns_that_make_no_rows_are_refused(owner_browser: Browser, chosen: tuple[str, str], says: str) -> None:
    source = uploaded("Name,City", "Ann,Ulm")

    answer = owner_browser.post(path(source, "columns/"), columns(*chosen))

    assert answer.status_code == 422
    assert says in answer.content.decode()
    source.refresh_from_db()
    assert source.state == "uploaded"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The submitted file is empty."),
        (b"\r\n", "The file is empty"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"x," * 10_000, "has 10,001 columns"),
        (b"name\n", "only one line"),
    ],
)
def test_a_file_that_is_none_is_refused_with_words(owner_browser: Browser, content: bytes, says: str) -> None:
    answer = owner_browser.post("/imports/new/", {"kind": "customers", "file": SimpleUploadedFile("x.csv", content)})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Import.objects.count() == 0


def test_the_file_can_be_read_another_way(owner_browser: Browser) -> None:
    source = uploaded("Name|City;x", "Ann|Ulm;y")

    answer = owner_browser.post(path(source, "layout/"), {"encoding": "utf-8", "delimiter": "|", "has_header": "on"})
    assert answer.status_code == 302
    source.refresh_from_db()
    assert plan(source).columns == ["Name", "City;x"]

    for wrong in ({"encoding": "ebcdic", "delimiter": "|"}, {"encoding": "utf-16", "delimiter": ","}):
        assert owner_browser.post(path(source, "layout/"), wrong).status_code in {302, 422}


def test_consent_is_asked_for_topic_by_topic(owner_browser: Browser) -> None:
    TopicFactory(key="news", name="Newsletter")
    TopicFactory(key="offers", name="Offers")
    source = uploaded("E-Mail,News", "a@mail.example,yes", "b@mail.example,no")

    answer = owner_browser.post(path(source, "columns/"), columns("email", ""))
    assert answer.headers["Location"].endswith(path(source, "consent/"))
    page = owner_browser.get(path(source, "consent/")).content.decode()
    assert "Newsletter" in page
    wrong = owner_browser.post(
        path(source, "consent/"), {"news-basis": "column", "offers-basis": "everybody", "offers-on": "2999-01-01"}
    )
    assert wrong.status_code == 422
    for words in ("Choose the column", "Say what they agreed to", "in the future"):
        assert words in wrong.content.decode()
    given = {"news-basis": "column", "news-column": "1", "news-wording": "Form", "news-on": "2026-01-15"}
    owner_browser.post(path(source, "consent/"), given | {"offers-basis": "nobody"})
    run_due_imports(current_workspace())

    page = owner_browser.get(path(source)).content.decode()
    assert "Not reachable by “Newsletter”" in page
    assert "Not reachable by “Offers”" in page
    owner_browser.post(path(source, "start/"))
    run_due_imports(current_workspace())
    assert list(ConsentRecord.objects.order_by("pk").values_list("topic__key", "state")) == [
        ("news", "given"),
        ("news", "withdrawn"),
    ]


def test_the_progress_asks_again_by_itself_and_then_shows_the_result(owner_browser: Browser) -> None:
    source = uploaded("Name", "Ann")
    owner_browser.post(path(source, "columns/"), columns("name"))

    part = owner_browser.get(path(source), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "<progress" in part.content.decode()
    run_due_imports(current_workspace())

    turned = owner_browser.get(path(source), headers={"HX-Request": "true"})
    assert (turned.headers["HX-Retarget"], turned.headers["HX-Reswap"]) == ("#import", "outerHTML")
    assert "Import 1 line" in turned.content.decode()
    assert "<progress" not in turned.content.decode()
    assert "<html" not in turned.content.decode()


def test_a_file_known_already_is_recognised(owner_browser: Browser) -> None:
    imported("Name", "Ann")
    source = planned(uploaded("Name", "Ann"))

    assert "This very file was imported on" in owner_browser.get(path(source)).content.decode()


def test_throwing_a_file_away_and_stopping_an_import(owner_browser: Browser) -> None:
    thrown = uploaded("Name", "Ann")
    owner_browser.post(path(thrown, "cancellation/"))
    assert "Nothing of it was taken in" in owner_browser.get(path(thrown)).content.decode()
    assert owner_browser.get(path(thrown, "columns/")).status_code == 404

    stopped = planned(uploaded("Name", "Ann"))
    owner_browser.post(path(stopped, "start/"))
    owner_browser.post(path(stopped, "cancellation/"))
    assert "Stopping" in owner_browser.get(path(stopped)).content.decode()
    run_due_imports(current_workspace())
    assert "was stopped after 0 of 1 lines" in owner_browser.get(path(stopped)).content.decode()
    assert Customer.objects.count() == 0


def test_what_has_ended_can_not_be_started_again(owner_browser: Browser) -> None:
    source = imported("Name", "Ann")

    answer = owner_browser.post(path(source, "start/"), follow=True)

    assert "Its state is: Done." in answer.content.decode()


def test_a_file_that_is_gone_says_so(owner_browser: Browser) -> None:
    source = planned(uploaded("Name", "Ann"))
    default_storage.delete(str(source.file.name))

    assert owner_browser.get(path(source)).status_code == 200
    assert "Upload it again" in owner_browser.get(path(source, "columns/"), follow=True).content.decode()


def test_the_list_is_empty_at_first(owner_browser: Browser) -> None:
    assert "Nothing was imported yet" in owner_browser.get("/imports/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_length(
    owner_browser: Browser, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        uploaded("Name", "Ann")
    owner_browser.get("/imports/")

    with django_assert_num_queries(10):
        answer = owner_browser.get("/imports/")
    assert answer.content.decode().count("data-row-link") == count


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST])
def test_imports_are_not_for_everybody(member: Callable[[Role], User], role: Role) -> None:
    assert signed_in(member(role)).get("/imports/").status_code == 403


def test_names_of_files_and_columns_are_only_text(owner_browser: Browser) -> None:
    content = csv_file("<script>alert(1)</script>,Name", "{% now %},Ann").read()
    owner_browser.post(
        "/imports/new/", {"kind": "customers", "file": SimpleUploadedFile("<img src=x onerror=y>.csv", content)}
    )
    source = Import.objects.get()

    page = owner_browser.get(path(source, "columns/")).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert ImportRow.objects.count() == 0
