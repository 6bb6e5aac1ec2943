"""The local mailbox, as whoever tries Rapport out meets it."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import OpenPage
from tests.browser.looking import complaints_of, findings_of, keep_screenshot, overflow_of

pytestmark = pytest.mark.django_db(transaction=True)

HTML = """<!doctype html><html lang="en"><title>Happy birthday</title><body style="font-family: sans-serif">
<h1>Happy birthday, Zoë!</h1><p>A coffee and a bun are waiting: <a href="/healthz">fetch them</a>.</p>
<script>document.title = "scripts run"</script>"""


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    settings.MAILBOX_DIR = str(tmp_path)
    (tmp_path / "new").mkdir()
    return tmp_path


def deliver(folder: Path, *, at: int, subject: str) -> None:
    message = EmailMessage()
    message["Delivered-To"] = "zoe@customer.example"
    message["From"] = "Corner Bakery <hello@bakery.example>"
    message["Subject"] = subject
    message.set_content("Happy birthday, Zoë!\n\nFetch your bun: http://localhost/healthz")
    message.add_alternative(HTML, subtype="html")
    (folder / "new" / f"{1_790_000_000_000_000_000 + at}.1_0.rapport").write_bytes(message.as_bytes())


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_mailbox_looks_right(open_page: OpenPage, bakery_owner: User, folder: Path, viewport: str) -> None:
    page = open_page(bakery_owner, viewport)
    complaints = complaints_of(page)

    page.goto("/mailbox/")
    keep_screenshot(page, f"mailbox-empty-{viewport}")
    assert findings_of(page) == []

    deliver(folder, at=0, subject="Confirm your address")
    deliver(folder, at=60, subject="Happy birthday, Zoë 🎂")
    # The list fetches itself.
    expect(page.get_by_role("link", name="Happy birthday")).to_be_visible(timeout=15_000)
    keep_screenshot(page, f"mailbox-list-{viewport}")
    assert findings_of(page) == []
    assert overflow_of(page) == 0

    page.get_by_role("link", name="Happy birthday").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Happy birthday, Zoë!")).to_be_visible()
    page.get_by_text("Headers", exact=True).click()
    keep_screenshot(page, f"mailbox-message-{viewport}")
    assert findings_of(page) == []
    assert overflow_of(page) == 0
    # The browser says that it refused the letter's script: the one complaint that there should be.
    assert [text for text in complaints if "script" not in text.lower()] == []


def test_links_in_a_message_open_in_a_new_tab(open_page: OpenPage, bakery_owner: User, folder: Path) -> None:
    deliver(folder, at=0, subject="Happy birthday")
    page = open_page(bakery_owner)
    page.goto("/w/bakery/settings/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Mailbox").click()
    page.get_by_role("link", name="Happy birthday").click()

    with page.expect_popup() as popup:
        page.frame_locator("iframe").get_by_role("link", name="fetch them").click()

    assert popup.value.url.endswith("/healthz")
    assert "/mailbox/" in page.url
