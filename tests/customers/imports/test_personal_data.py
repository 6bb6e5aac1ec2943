"""What is kept of files that were brought in, and the rights of those who stand in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, erase_customer, export_customer
from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR, forget_imports
from customers.models import Customer, Import, ImportRow
from tests.client import Browser
from tests.customers.imports.files import imported, uploaded
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


def test_files_and_kept_lines_go_by_themselves() -> None:
    ended, unstarted = imported(HEADER, f"1,Ann,,,{BAD},"), uploaded(HEADER, "1,Ann,,,,")
    ended.refresh_from_db()
    assert (ended.file.name, ImportRow.objects.count()) == ("", 1)

    forget_imports(now=timezone.now() + UNSTARTED_FOR + timedelta(minutes=1))
    assert Import.objects.get(pk=unstarted.pk).state == Import.State.CANCELLED
    forget_imports(now=timezone.now() + KEPT_ROWS_FOR + timedelta(minutes=1))

    assert ImportRow.objects.count() == 0
