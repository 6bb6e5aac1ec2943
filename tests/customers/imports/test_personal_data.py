"""What is kept of files that were brought in, and the rights of those who stand in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, erase_customer, export_customer
from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR, forget_imports, start_import
from customers.models import Customer, Import, ImportRow
from tests.client import Browser
from tests.customers.imports.files import counts, imported, planned, uploaded, worked
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")

HEADER = "Customer number,Name,E-mail,Phone,Birthday,Note"
BAD = "1990-02-31"  # no such day, so the line is refused


@pytest.fixture
def maria() -> Customer:
    return add_customer(
        source="hand",
        name="Maria Rossi",
        email="maria@bakery.example",
        phone="030 12345678",
        external_ids={"shop": "4711"},
    )


@pytest.mark.parametrize(
    ("line", "names_only_her"),
    [
        (f",,Maria@Bakery.example,,{BAD},", True),
        (f",,,,{BAD},wrote as <maria@bakery.example>", True),
        (f"4711,,,,{BAD},", True),
        (f",MARIA ROSSI,,,{BAD},", False),
        (f",,,(030) 123 456 78,{BAD},", False),
    ],
)
def test_a_kept_line_is_emptied_with_the_person(maria: Customer, line: str, names_only_her: bool) -> None:  # noqa: FBT001  a parameter
    others = f"8,Otto,otto@mail.example,030 99999999,{BAD},4711"
    source = imported(HEADER, line, others)

    told = export_customer(maria)["import rows"]
    assert [row["cells"] for row in told] == ([line.split(",")] if names_only_her else [])
    erase_customer(maria)

    rows = ImportRow.objects.filter(source=source).order_by("line")
    assert list(rows.values_list("line", "raw")) == [(2, []), (3, others.split(","))]
    assert "31" not in rows[0].reason


def test_the_download_has_emptied_lines_too(maria: Customer, owner_browser: Browser) -> None:
    source = imported(HEADER, f"4711,Maria Rossi,,,{BAD},")
    erase_customer(maria)

    answer = owner_browser.get(f"/imports/{source.pk}/refusals/")

    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a streaming response
    assert "Maria" not in text
    assert "This line was emptied" in text
    assert owner_browser.get(f"/imports/{source.pk}/").status_code == 200


def test_numbers_are_looked_for_only_where_customers_numbers_stand(maria: Customer) -> None:
    imported("Order number,Date,Customer number,Total", "4711,no day,1,9.00", "2,no day,4711,9.00", kind="orders")

    erase_customer(maria)

    assert list(ImportRow.objects.order_by("line").values_list("raw", flat=True)) == [
        ["4711", "no day", "1", "9.00"],
        [],
    ]


def test_somebody_without_address_or_name_takes_no_lines_along() -> None:
    imported(HEADER, f"1,Ann,,,{BAD},", f",,,,{BAD},")

    erase_customer(CustomerFactory(name="", email="", email_norm=""))

    assert ImportRow.objects.filter(raw=[]).count() == 0


def test_another_workspace_s_lines_stay(maria: Customer, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        imported(HEADER, f"4711,Maria Rossi,maria@bakery.example,,{BAD},")

    assert export_customer(maria)["import rows"] == []
    erase_customer(maria)

    with workspace_scope(other_workspace):
        assert ImportRow.objects.get().raw[1] == "Maria Rossi"


@pytest.mark.parametrize(
    "line", ["4711,Maria Rossi,,,,", ",Maria Rossi,Maria@Bakery.example,,,", f"4711,Maria,,,{BAD},"]
)
def test_a_file_that_waits_does_not_bring_somebody_erased_back(maria: Customer, line: str) -> None:
    source = uploaded(HEADER, line, "8,Otto,otto@mail.example,,,")

    erase_customer(maria)
    source.refresh_from_db()
    worked(start_import(planned(source)))

    source.refresh_from_db()
    assert list(Customer.objects.filter(erased_at=None).values_list("name", flat=True)) == ["Otto"]
    assert (counts(source), source.erased, source.rows_total) == ((1, 0, 0, 1), [], 2)
    refused = ImportRow.objects.get()
    assert (refused.line, refused.raw) == (2, [])
    assert BAD in line or refused.reason == "This customer asked to be erased and is not brought back."


def test_orders_of_a_file_that_waits_bring_nobody_erased_back(maria: Customer) -> None:
    lines = ("A-1,2026-02-01,4711,,9.00", "A-2,2026-02-01,,maria@bakery.example,9.00", "A-3,2026-02-01,8,,9.00")
    source = uploaded("Order number,Date,Customer number,E-mail,Total", *lines, kind="orders")

    erase_customer(maria)
    source.refresh_from_db()
    worked(start_import(planned(source)))

    assert Customer.objects.filter(erased_at=None).count() == 1
    assert list(ImportRow.objects.order_by("line").values_list("line", "raw")) == [(2, []), (3, [])]


def test_a_file_that_is_uploaded_after_an_erasure_may_name_them_anew(maria: Customer) -> None:
    erase_customer(maria)

    imported(HEADER, "4711,Maria Rossi,maria@bakery.example,,,")

    assert Customer.objects.get(erased_at=None).email_norm == "maria@bakery.example"


def test_an_erasure_elsewhere_touches_no_file(maria: Customer, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        source = uploaded(HEADER, "4711,Maria Rossi,maria@bakery.example,,,")

    erase_customer(maria)

    with workspace_scope(other_workspace):
        source.refresh_from_db()
        worked(start_import(planned(source)))
        assert Customer.objects.get().name == "Maria Rossi"


def test_files_and_kept_lines_go_by_themselves() -> None:
    ended, unstarted = imported(HEADER, f"1,Ann,,,{BAD},"), uploaded(HEADER, "1,Ann,,,,")
    ended.refresh_from_db()
    assert (ended.file.name, ImportRow.objects.count()) == ("", 1)

    forget_imports(now=timezone.now() + UNSTARTED_FOR + timedelta(minutes=1))
    assert Import.objects.get(pk=unstarted.pk).state == Import.State.CANCELLED
    forget_imports(now=timezone.now() + KEPT_ROWS_FOR + timedelta(minutes=1))

    assert ImportRow.objects.count() == 0
