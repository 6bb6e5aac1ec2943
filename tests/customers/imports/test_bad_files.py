"""Files as they should not be, through the pages: each says what is wrong or is read all the same, and never fails."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.scope import current_workspace
from customers.importing.running import run_due_imports
from customers.models import Customer, Import, ImportRow
from sales.models import Order
from tests.client import Browser

pytestmark = pytest.mark.usefixtures("workspace")

PEOPLE = "Name,E-Mail,City"
ORDERS = "Order,Date,Total,Currency"


def bring_in(browser: Browser, content: bytes, *, kind: str = "customers") -> Import:
    """Upload, take the columns as they were guessed, look at the preview, start, look at the result."""
    answer = browser.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile("file.csv", content)})
    assert answer.status_code == 302, answer.content.decode()
    source = Import.objects.latest("pk")
    page = f"/imports/{source.pk}/columns/"
    form = browser.get(page).context["form"]
    answer = browser.post(page, {name: form[name].initial for name in form.fields if form[name].initial is not None})
    assert answer.status_code == 302, answer.content.decode()
    run_due_imports(current_workspace())
    assert browser.get(f"/imports/{source.pk}/").status_code == 200
    browser.post(f"/imports/{source.pk}/start/")
    run_due_imports(current_workspace())
    assert browser.get(f"/imports/{source.pk}/").status_code == 200
    source.refresh_from_db()
    return source


def people() -> list[tuple[str, str, str]]:
    return list(Customer.objects.order_by("pk").values_list("name", "email", "city"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (f"{PEOPLE}\nJosé,j@mail.example,Köln\n", "utf-8"),
        (f"\ufeff{PEOPLE}\nJosé,j@mail.example,Köln\n", "utf-8"),
        (f"{PEOPLE}\nJosé,j@mail.example,Köln\n", "cp1252"),
        (f"{PEOPLE}\nJosé,j@mail.example,Köln\n", "utf-16"),
        (f"{PEOPLE}\nJosé,j@mail.example,Köln\n".replace(",", "\t"), "utf-16-le"),
        (f"{PEOPLE}\r\nJosé,j@mail.example,Köln\r\n".replace(",", ";"), "cp1252"),
        (f"{PEOPLE}\rJosé,j@mail.example,Köln\r".replace(",", "|"), "utf-8"),
        ("José,j@mail.example,Köln\nJosé,j@mail.example,Köln\n", "utf-8"),
        (f'sep=;\r\n{PEOPLE}\r\n"José",j@mail.example,"Köln"\r\n'.replace(",", ";"), "utf-8"),
    ],
)
def test_encodings_delimiters_and_a_missing_header(owner_browser: Browser, text: str, encoding: str) -> None:
    bring_in(owner_browser, text.encode(encoding))

    assert [(email, *rest) for email, *rest in Customer.objects.values_list("email", "name")] == [
        ("j@mail.example", "José" if text.lstrip("\ufeff").startswith((PEOPLE[:4], "sep")) else "")
    ]


def test_quotes_hold_delimiters_line_ends_and_quotes(owner_browser: Browser) -> None:
    bring_in(owner_browser, f'{PEOPLE}\n"Ann ""Nan"" Ax, Dr.",a@mail.example,"Ulm\nDonau"\n'.encode())

    assert people() == [('Ann "Nan" Ax, Dr.', "a@mail.example", "Ulm Donau")]


def test_repeated_lines_are_one_customer(owner_browser: Browser) -> None:
    source = bring_in(owner_browser, f"{PEOPLE}\nAnn,a@mail.example,Ulm\nAnn,a@mail.example,Ulm\n".encode())

    assert (len(people()), source.rows_warned) == (1, 1)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a\0b", "NUL"),
        ("2026-02-30", "no such day"),
        ("31.31.2026", "no such day"),
    ],
)
def test_lines_that_can_not_be_are_refused_and_the_others_taken(owner_browser: Browser, cell: str, reason: str) -> None:
    lines = ["Name,E-Mail,Birthday", f"Bad,b@mail.example,{cell}", "Good,g@mail.example,2000-02-03"]

    source = bring_in(owner_browser, "\n".join(lines).encode())

    assert (source.rows_created, source.rows_refused) == (1, 1)
    assert reason in ImportRow.objects.get().reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A-1,2026-02-03,-4.50,EUR", "negative"),
        ("A-1,2026-02-03,4.50,XYZ", "XYZ"),
        ("A-1,2026-02-30,4.50,EUR", "no such day"),
        ("A-1,2999-02-03,4.50,EUR", "between 1900 and now"),
    ],
)
def test_orders_that_can_not_be_are_refused_and_the_others_taken(
    owner_browser: Browser, line: str, reason: str
) -> None:
    source = bring_in(owner_browser, f"{ORDERS}\n{line}\nA-2,2026-02-03,4.50,EUR\n".encode(), kind="orders")

    assert (source.rows_created, source.rows_refused) == (1, 1)
    assert Order.objects.get().number == "A-2"
    assert reason in ImportRow.objects.get().reason


@pytest.mark.parametrize("damage", [b"\0", b"\xff", b"\x1b", b"\xed\xa0\x80"])
def test_a_header_that_is_damaged_still_names_its_columns(owner_browser: Browser, damage: bytes) -> None:
    bring_in(owner_browser, b"Name,E-Mail,Ci" + damage + b"ty,\xc3\xa9\nAnn,a@mail.example,Ulm,1\n")

    assert Customer.objects.get().name == "Ann"


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", '=HYPERLINK("http://x.example")', "<b>x</b>"])
def test_formulas_and_code_are_only_text(owner_browser: Browser, cell: str) -> None:
    bring_in(owner_browser, f"Name;E-Mail\n{cell};a@mail.example\n".encode())

    assert Customer.objects.get().name == cell
    page = owner_browser.get("/customers/").content.decode()
    assert "<b>x</b>" not in page
    rows = owner_browser.post("/customers/download/").getvalue().decode("utf-8-sig")
    assert "\n=" not in rows


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b",".join([b"x"] * 10_000), "has 10,000 columns"),
        (b"\0" * 5_000, "only one line"),
        (b"Name\n" + b'"' + b"x" * 2_000_000, "quotation mark"),
        (b"PK\x03\x04" + b"x" * 100, "spreadsheet"),
    ],
)
def test_what_is_no_table_is_refused_at_the_upload(owner_browser: Browser, content: bytes, reason: str) -> None:
    upload = SimpleUploadedFile("file.csv", content)

    answer = owner_browser.post("/imports/new/", {"kind": "customers", "file": upload})

    assert (answer.status_code, reason in answer.content.decode()) == (422, True)
    assert Import.objects.count() == 0
