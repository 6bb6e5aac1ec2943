from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEntry, Workspace, WorkspaceLogo
from tests.client import Browser

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
SETTINGS = {
    "name": "Corner Bakery",
    "slug": "corner",
    "zone": "Europe/Vienna",
    "currency": "EUR",
    "brand_color": "#AA3311",
    "sender_name": "Corner Bakery",
    "sender_email": "hello@corner.example",
    "reply_to": "",
    "messages_per_minute": "",
    "goal_days": "5",
    "messages_per_day": "500",
    "postal_address": "1 Corner Street",
    "privacy_notice": "We write to you only when you asked for it.",
}


def test_settings_are_saved_and_audited(workspace: Workspace, owner_browser: Browser) -> None:
    response = owner_browser.post("/settings/", SETTINGS)

    workspace.refresh_from_db()
    assert response.headers["Location"] == "/w/corner/settings/"
    assert (workspace.slug, workspace.zone, workspace.brand_color) == ("corner", "Europe/Vienna", "#aa3311")
    assert AuditEntry.objects.get(action="changed settings").detail["before"]["slug"] == "bakery"


def test_saving_what_is_there_changes_and_audits_nothing(workspace: Workspace, owner_browser: Browser) -> None:
    owner_browser.post("/settings/", SETTINGS)
    owner_browser.prefix = "/w/corner"
    owner_browser.post("/settings/", SETTINGS)

    assert AuditEntry.objects.filter(action="changed settings").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("slug", "florist"),
        ("slug", "admin"),
        ("slug", "two words"),
        ("zone", "Mars/Olympus"),
        ("currency", "BTC"),
        ("brand_color", "red"),
        ("sender_email", "nobody"),
        ("messages_per_minute", "0"),
        ("messages_per_day", "many"),
        ("messages_per_day", "99999999999"),
        ("privacy_notice", "x" * 1_000_000),
    ],
)
def test_bad_settings_are_refused_by_field(
    workspace: Workspace, other_workspace: Workspace, owner_browser: Browser, field: str, value: str
) -> None:
    response = owner_browser.post("/settings/", SETTINGS | {field: value})

    workspace.refresh_from_db()
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert workspace.name == "Bakery"


def test_a_logo_is_served_from_the_database(workspace: Workspace, owner_browser: Browser) -> None:
    owner_browser.post("/settings/logo/", {"logo": SimpleUploadedFile("logo.png", PNG, "text/html")})

    logo = WorkspaceLogo.objects.get()
    response = Browser().get(f"/p/{workspace.public_key}/logo/{logo.sha256}")
    assert (response.content, response.headers["Content-Type"]) == (PNG, "image/png")
    owner_browser.post("/settings/logo/removal/")
    assert WorkspaceLogo.objects.count() == 0


@pytest.mark.parametrize("content", [b"<svg onload='x'>", b"", PNG + b"x" * 300_000])
def test_what_is_no_small_picture_is_refused(workspace: Workspace, owner_browser: Browser, content: bytes) -> None:
    response = owner_browser.post("/settings/logo/", {"logo": SimpleUploadedFile("logo.png", content)})

    assert response.status_code == 422
    assert WorkspaceLogo.objects.count() == 0


def test_the_audit_page_names_who_did_it_in_a_fixed_number_of_queries(
    workspace: Workspace, owner_browser: Browser, django_assert_num_queries: object
) -> None:
    owner_browser.post("/settings/", SETTINGS | {"slug": "bakery"})

    page = owner_browser.get("/settings/audit/").content.decode()

    assert "changed settings" in page
    assert "User" in page
