"""From a file to customers, as a marketer sees it, with the worker's turns in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.importing.running import run_due_imports
from customers.models import Customer
from tests.browser.conftest import VIEWPORTS, OpenPage
from tests.browser.looking import complaints_of, findings_of, keep_screenshot, overflow_of
from tests.factories.messaging import TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)

LINES = """Kunden-Nr;Vorname;Nachname;E-Mail;Geburtstag;Ort;Lieblingsbrot;Newsletter
1;Jürgen;Müller;juergen@mail.example;12.03.1984;Köln;Roggen;ja
2;Zoë;Smith;not an address;13.04.1990;Ulm;Dinkel;nein
3;Ann;Berg;ann@mail.example;30.02.1990;Bern;Baguette;ja
4;Bo;Holm;bo@mail.example;05.05.1970;Århus;Rugbrød;vielleicht
5;Cy;Ito;cy@mail.example;06.07.;Kyoto;;ja
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kunden-herbst-2026.csv"
    path.write_bytes(LINES.encode("cp1252"))
    return path


def look(page: Page, name: str) -> None:
    for viewport in ("phone", "desk"):
        page.set_viewport_size(VIEWPORTS[viewport])
        keep_screenshot(page, f"import/{name}-{viewport}")
        assert findings_of(page) == []
        assert overflow_of(page) == 0


def test_a_file_is_looked_at_corrected_and_taken_in(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, file: Path
) -> None:
    with workspace_scope(bakery):
        TopicFactory(key="news", name="Newsletter")
    page = open_page(bakery_owner)
    complaints = complaints_of(page)

    page.goto("/w/bakery/imports/")
    look(page, "list-empty")
    page.get_by_role("link", name="Import a file").first.click()
    look(page, "create")
    upload_and_map(page, file)
    say_who_agreed(page)

    look(page, "checking")
    run_due_imports(bakery)
    page.get_by_role("button", name="Import 2 lines").wait_for(timeout=15_000)  # the page asks again by itself
    look(page, "ready")
    page.get_by_role("button", name="Import 2 lines").click()
    expect(page.locator("progress")).to_be_visible()
    look(page, "running")
    run_due_imports(bakery)
    page.get_by_role("link", name="Download all as CSV").wait_for(timeout=15_000)
    look(page, "result")
    page.goto("/w/bakery/imports/")
    look(page, "list")

    with workspace_scope(bakery):
        assert set(Customer.objects.values_list("name", flat=True)) == {"Jürgen Müller", "Cy Ito"}
    assert complaints == []


def upload_and_map(page: Page, file: Path) -> None:
    page.get_by_role("button", name="Upload").click()
    look(page, "create-invalid")
    page.get_by_role("radio", name="Customers.").check()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Lieblingsbrot").select_option("attribute:text")
    look(page, "columns")
    page.get_by_label("Kunden-Nr").select_option("first_name")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("td").get_by_text("holds this already")).to_be_visible()
    look(page, "columns-invalid")
    page.get_by_label("Kunden-Nr").select_option("external_id")
    page.get_by_role("button", name="Check the file").click()


def say_who_agreed(page: Page) -> None:
    page.get_by_role("radio", name="Those with a yes in a column").check()
    look(page, "consent")
    page.get_by_label("Column with yes or no").select_option(label="Newsletter")
    page.get_by_label("What they agreed to").fill("“Ja, schickt mir Neues”, Formular an der Theke")
    page.locator("input[type=date]").fill("2026-01-15")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("progress")).to_be_visible()
