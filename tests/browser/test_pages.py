"""Every page of the product, with data and empty, on a desk and on a phone."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page

from accounts.models import User, Workspace
from crm.demo.bakery import EMAIL
from tests.browser.conftest import VIEWPORTS, OpenPage
from tests.browser.listing import PageToOpen, member_pages, public_pages
from tests.browser.lively import open_lively_bakery
from tests.browser.looking import complaints_of, failures_of, findings_of, keep_screenshot, overflow_of, settle

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def look_at(page: Page, pages: list[PageToOpen], *, folder: str) -> list[str]:
    """Open each page, then narrow its window. Returns what is wrong, each with the page and the width."""
    wrong: list[str] = []
    complaints, failures = complaints_of(page), failures_of(page)
    for each in pages:
        page.set_viewport_size(VIEWPORTS["desk"])
        page.goto(each.url)
        for viewport, size in VIEWPORTS.items():
            page.set_viewport_size(size)
            settle(page)
            keep_screenshot(page, f"{folder}/{each.name}-{viewport}")
            found = findings_of(page, has_new_colors=viewport == "desk")
            if wider := overflow_of(page):
                found.append(f"{wider} pixels too wide")
            wrong += [f"{each.name}, {viewport}: {finding}" for finding in [*found, *complaints, *failures]]
            complaints.clear()
            failures.clear()
    return wrong


def test_every_page_of_a_busy_workspace(live_server: object, settings: LazySettings, open_page: OpenPage) -> None:
    bakery = open_lively_bakery(settings)
    owner = User.objects.get(email=EMAIL)
    for_strangers, for_members = public_pages(bakery, owner)
    pages = member_pages(bakery, owner)

    wrong = look_at(open_page(owner, reduced_motion="reduce"), pages + for_members, folder="busy")
    wrong += look_at(open_page(reduced_motion="reduce"), for_strangers, folder="public")

    assert wrong == []


def test_every_page_of_an_empty_workspace(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    pages = member_pages(bakery, bakery_owner, with_objects=False)

    assert look_at(open_page(bakery_owner, reduced_motion="reduce"), pages, folder="empty") == []
