"""What people do from their first page to their last, in a browser, with the worker and the mailbox beside it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.utils import timezone
from playwright.sync_api import Frame, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.importing.running import claim_import, run_due_imports
from customers.models import Customer, Import
from customers.tasks import run_imports
from messaging.actions import add_default_topics
from messaging.sending.lines import hang_up_everywhere
from messaging.tasks import greet_birthdays, send_messages
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.looking import findings_of, keep_screenshot
from timeline.drain import drain_workspace

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PASSWORD = "a loaf of good bread"
GREETINGS_NAME = "Birthday and personal greetings"


@pytest.fixture
def _mailbox(tmp_path: Path, settings: LazySettings, live_server: LiveServer) -> Iterator[None]:
    """The catcher of `./run up`, and the address under which links lead back to this server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.MAILBOX_DIR = str(tmp_path)
        settings.EMAIL_URL = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        settings.PUBLIC_URL = live_server.url
        command = [sys.executable, "-m", "crm.embedded.mail_catcher", str(listener.fileno()), str(tmp_path)]
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as catcher:
            yield
            hang_up_everywhere()
            catcher.terminate()


def work(workspace: Workspace) -> None:
    """What the workers would do by now."""
    for _ in range(2):
        drain_workspace(workspace)
        for task in (run_imports, greet_birthdays, send_messages):
            task.run(workspace)


def open_letter(page: Page, subject: str) -> None:
    page.goto("/mailbox/")
    page.get_by_role("link", name=subject).first.click()


def follow(page: Page, link: str) -> Page:
    """A link of the letter that is open, which opens in a tab of its own."""
    with page.expect_popup() as popup:
        page.frame_locator("iframe").get_by_role("link", name=link).first.click()
    return popup.value


def sign_up(page: Page) -> Workspace:
    page.goto("/accounts/signup/")
    for label, value in (
        ("Your name", "Mira Holm"),
        ("Name of the business", "Corner Bakery"),
        ("E-mail address", "mira@bakery.example"),
        ("Password", PASSWORD),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Create a workspace").click()
    page.wait_for_url("**/w/corner-bakery/")
    workspace: Workspace = Workspace.objects.get()
    return workspace


def where_it_is_noon() -> str:
    """A time zone in which greetings are on their way, whenever the test runs."""
    ahead = 12 - timezone.now().hour or 1
    return f"Etc/GMT{-ahead:+}"  # the sign is the wrong way round in these names


def bring_in_from_a_file(page: Page, workspace: Workspace, path: Path) -> None:
    """Upload, columns, consent, check, progress and result, as the pages ask for them."""
    page.get_by_role("link", name="Import customers").click()
    page.get_by_role("radio", name="Customers.").check()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the file").click()
    agree = page.get_by_role("group", name=GREETINGS_NAME)
    agree.get_by_role("radio", name="Those with a yes in a column").check()
    agree.get_by_label("Column with yes or no").select_option(label="Greetings")
    agree.get_by_label("What they agreed to").fill("“Write to me on my birthday”, card at the counter")
    agree.locator("input[type=date]").fill("2026-01-15")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("progress")).to_be_visible()
    work(workspace)
    page.get_by_role("button", name="Import 2 lines").click(timeout=15_000)
    expect(page.locator("progress")).to_be_visible()
    work(workspace)
    expect(page.get_by_text("Added", exact=True)).to_be_visible(timeout=15_000)


def switch_the_greeting_on(page: Page) -> None:
    page.get_by_role("link", name="Birthday greeting").click()
    page.get_by_label("Topic").select_option(label=GREETINGS_NAME)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()


@pytest.mark.usefixtures("_mailbox")
def test_sign_up_to_import_to_birthday_message_to_unsubscribed(open_page: OpenPage, tmp_path: Path) -> None:
    zone = where_it_is_noon()
    page = open_page(timezone_id=zone)
    workspace = sign_up(page)
    assert workspace.zone == zone
    today = timezone.now().astimezone(ZoneInfo(zone))
    path = tmp_path / "customers.csv"
    path.write_text(
        f"Name,E-mail,Birthday,Greetings\nLina Haas,lina@mail.example,1992-{today:%m-%d},yes\n"
        "Otto Brandt,otto@mail.example,1980-01-31,no\nNobody,nobody at all,,no\n"
    )
    bring_in_from_a_file(page, workspace, path)
    keep_screenshot(page, "journeys/import-result")
    page.get_by_role("link", name="Customers", exact=True).first.click()
    page.get_by_role("link", name="Lina Haas").click()
    expect(page.get_by_role("heading", name="Lina Haas")).to_be_visible()
    switch_the_greeting_on(page)
    work(workspace)

    open_letter(page, "Happy birthday")
    expect(page.frame_locator("iframe").get_by_text("Hello Lina")).to_be_visible()
    stranger = follow(page, "Unsubscribe")
    assert findings_of(stranger) == []
    keep_screenshot(stranger, "journeys/unsubscribe")
    stranger.get_by_role("button", name="Unsubscribe").click()
    expect(stranger.get_by_role("heading")).to_contain_text("nsubscribed")
    assert findings_of(stranger) == []
    keep_screenshot(stranger, "journeys/unsubscribed")
    stranger.get_by_role("button", name="Stop everything else, too").click()
    expect(stranger.get_by_text("no more newsletters, reminders or greetings")).to_be_visible()
    work(workspace)

    page.goto(f"/w/{workspace.slug}/customers/")
    page.get_by_role("link", name="Lina Haas").click()
    expect(page.get_by_text("Blocked since")).to_be_visible()
    expect(page.get_by_text("Wants no more").first).to_be_visible()
    keep_screenshot(page, "journeys/suppressed")


@pytest.mark.usefixtures("_mailbox")
def test_join_page_to_opt_in_to_profile(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    with workspace_scope(bakery):
        add_default_topics()
    phone = open_page(None, "phone")
    phone.goto(f"/p/{bakery.public_key}/join/")
    phone.get_by_label("Your name").fill("Lina Haas")
    phone.get_by_label("E-mail address").fill("lina@mail.example")
    phone.get_by_label("Birthday and personal greetings").check()
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_role("heading", name="One more step")).to_be_visible()
    assert findings_of(phone) == []
    keep_screenshot(phone, "journeys/joined")
    work(bakery)

    page = open_page(bakery_owner)
    open_letter(page, "Please confirm your subscription")
    confirmation = follow(page, "Confirm the subscription")
    keep_screenshot(confirmation, "journeys/confirmation")
    confirmation.get_by_role("button", name="Yes, subscribe me").click()
    expect(confirmation.get_by_role("button", name="Yes, subscribe me")).to_have_count(0)
    keep_screenshot(confirmation, "journeys/confirmed")
    work(bakery)

    page.goto("/w/bakery/customers/")
    page.get_by_role("link", name="Lina Haas").click()
    expect(page.get_by_role("heading", name="Lina Haas")).to_be_visible()
    keep_screenshot(page, "journeys/profile")


def test_a_form_left_open_over_a_sign_out_loses_nothing(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, live_server: LiveServer
) -> None:
    page = open_page(bakery_owner)
    page.goto(f"/w/{bakery.slug}/customers/new/")
    page.get_by_label("Name").first.fill("Lina Haas")
    page.context.clear_cookies()

    page.locator("main").get_by_role("button").last.click()

    expect(page.get_by_role("heading")).to_contain_text("signed out")
    assert findings_of(page) == []
    keep_screenshot(page, "journeys/signed-out")
    with workspace_scope(bakery):
        assert Customer.objects.count() == 0

    # As the page says: sign in elsewhere, then go back.
    sign_in(page.context, bakery_owner, live_server.url)
    page.go_back()
    expect(page.get_by_label("Name").first).to_have_value("Lina Haas")


@pytest.mark.parametrize(
    "path",
    ["/accounts/invitation/gone/", "/accounts/password/reset/key/1-gone/", "/p/unsubscribe/gone/", "/p/confirm/gone/"],
)
def test_an_expired_link_says_so(open_page: OpenPage, path: str) -> None:
    phone = open_page(None, "phone")

    phone.goto(path)

    expect(phone.get_by_role("heading")).to_contain_text("no longer")
    assert findings_of(phone) == []
    keep_screenshot(phone, f"journeys/expired{path.replace('/', '-')}")


def bring_one_customer(page: Page, folder: Path) -> None:
    """A file of one line, up to where it waits to be checked."""
    path = folder / "customers.csv"
    path.write_text("Name,E-mail\nLina Haas,lina@mail.example\n")
    page.goto("/w/bakery/imports/new/")
    page.get_by_role("radio", name="Customers.").check()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("waits for its turn")).to_be_visible()


def test_an_import_whose_worker_is_gone_goes_on_before_ones_eyes(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, tmp_path: Path
) -> None:
    page = open_page(bakery_owner)
    bring_one_customer(page, tmp_path)

    claim_import(bakery)  # by a worker that is killed now
    expect(page.get_by_text("waits for its turn")).to_be_hidden(timeout=15_000)
    with workspace_scope(bakery):
        Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    expect(page.get_by_text("waits for its turn")).to_be_visible(timeout=15_000)
    assert findings_of(page) == []
    keep_screenshot(page, "journeys/import-without-a-worker")
    run_due_imports(bakery)

    expect(page.get_by_role("button", name="Import 1 line")).to_be_visible(timeout=15_000)


def test_an_import_that_ends_never_loads_its_page_anew(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, tmp_path: Path
) -> None:
    """Whoever clicks at that moment is led where they clicked: a page that loads itself would take the click back."""
    page = open_page(bakery_owner)
    bring_one_customer(page, tmp_path)

    with nothing_loaded(page):
        run_due_imports(bakery)
        expect(page.get_by_role("button", name="Import 1 line")).to_be_visible(timeout=15_000)
        expect(page.locator("#import-state")).to_contain_text("Ready")
    assert findings_of(page) == []
    page.get_by_role("button", name="Import 1 line").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    with nothing_loaded(page):
        run_due_imports(bakery)
        expect(page.locator("#import-state")).to_contain_text("Done", timeout=15_000)
    assert findings_of(page) == []
    keep_screenshot(page, "journeys/import-ended")
    page.get_by_role("link", name="Customers", exact=True).first.click()

    expect(page.get_by_role("link", name="Lina Haas")).to_be_visible()


@contextmanager
def nothing_loaded(page: Page) -> Iterator[None]:
    loaded: list[Frame] = []
    page.on("framenavigated", lambda frame: loaded.append(frame))  # noqa: PLW0108  Playwright takes no built-in
    yield
    assert loaded == []


def test_a_page_survives_its_database(open_page: OpenPage, bakery_owner: User) -> None:
    page = open_page(bakery_owner)
    page.goto("/w/bakery/customers/new/")
    page.get_by_label("Name").first.fill("Lina Haas")

    with database_gone():
        page.get_by_role("button", name="Add the customer").click()
        expect(page.get_by_role("heading")).to_have_text("Your data can't be reached right now")
        assert findings_of(page) == []
        keep_screenshot(page, "journeys/database-gone")
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("Your data can't be reached right now")
    page.reload()

    expect(page.get_by_role("heading", name="Lina Haas")).to_be_visible()


@contextmanager
def database_gone() -> Iterator[None]:
    """Nobody gets in, and whoever is in is thrown out: what the web sees when Postgres restarts."""
    name = connections["owner"].settings_dict["NAME"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'alter database "{name}" connection limit 0')
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = current_user and pid <> pg_backend_pid()"
        )
    connection.close()
    try:
        yield
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'alter database "{name}" connection limit -1')
