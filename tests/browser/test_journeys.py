"""What people do from their first page to their last, in a browser, with the worker and the mailbox beside it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions import Evidence, add_default_topics, give_consent, switch_on_greeting, write_greeting
from messaging.actions.birthdays import DEFAULT_BODY, DEFAULT_SUBJECT
from messaging.actions.topics import GREETINGS
from messaging.models import ConsentSource, SubscriptionTopic
from messaging.sending.lines import hang_up_everywhere
from messaging.tasks import greet_birthdays, send_messages
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.looking import findings_of, keep_screenshot
from timeline.drain import drain_workspace

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PASSWORD = "a loaf of good bread"


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
        for task in (greet_birthdays, send_messages):
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


def agreed_to_greetings(workspace: Workspace, customer: Customer) -> None:
    """The greeting is on, from the first hour of the day, and the customer said yes at the counter."""
    with workspace_scope(workspace):
        topic = SubscriptionTopic.objects.get(key=GREETINGS)
        give_consent(customer, [topic], evidence=Evidence(source=ConsentSource.STAFF))
        write_greeting(subject=DEFAULT_SUBJECT, body=DEFAULT_BODY, topic=topic, send_hour=0)
        switch_on_greeting()


@pytest.mark.usefixtures("_mailbox")
def test_sign_up_to_profile_to_birthday_message_to_unsubscribed(open_page: OpenPage) -> None:
    page = open_page()
    workspace = sign_up(page)
    page.get_by_role("link", name="Customers").first.click()
    page.get_by_role("link", name="Add a customer").first.click()
    page.get_by_label("Name").first.fill("Lina Haas")
    page.get_by_label("E-mail").first.fill("lina@mail.example")
    page.get_by_label("Birthday").first.fill(f"1992-{timezone.now():%m-%d}")
    page.locator("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="Lina Haas")).to_be_visible()
    with workspace_scope(workspace):
        lina = Customer.objects.get()
    agreed_to_greetings(workspace, lina)
    work(workspace)

    open_letter(page, "Happy birthday")
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("Dear Lina")).to_be_visible()
    keep_screenshot(page, "journeys/birthday-letter")
    stranger = follow(page, "Unsubscribe")
    assert findings_of(stranger) == []
    keep_screenshot(stranger, "journeys/unsubscribe")
    stranger.get_by_role("button", name="Unsubscribe").click()
    expect(stranger.get_by_role("heading")).to_contain_text("nsubscribed")
    assert findings_of(stranger) == []
    keep_screenshot(stranger, "journeys/unsubscribed")


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
