"""Pages as people see them: Debian's Chromium, a live server, committed data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Membership, User, Workspace
from tests.factories.accounts import MembershipFactory, WorkspaceFactory

# The first is the same Chromium without the windows of a desktop, which take three quarters of what a new page takes.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
VIEWPORTS: dict[str, ViewportSize] = {"desk": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 800}}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "No Chromium on PATH: the browser tests did not run."
        if os.environ.get("RAPPORT_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    # Playwright keeps an event loop in this thread, so Django takes every query here for one from async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def bakery(live_server: LiveServer) -> Workspace:
    """A workspace with one owner, committed: the server reads it over a connection of its own.

    The module is marked `django_db(transaction=True)`.
    """
    workspace: Workspace = WorkspaceFactory(name="Corner Bakery", slug="bakery")
    MembershipFactory(workspace=workspace, user__email="mira@bakery.example", user__name="Mira Holm")
    return workspace


@pytest.fixture
def bakery_owner(bakery: Workspace) -> User:
    return Membership.objects.get(workspace=bakery).user


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """`open_page(user, "desk" or "phone", …)` gives a fresh window, signed in as `user` if there is one."""
    contexts: list[BrowserContext] = []

    def open_window(user: User | None = None, viewport: str = "desk", **options: Any) -> Page:
        context = chromium.new_context(viewport=VIEWPORTS[viewport], base_url=live_server.url, **options)
        contexts.append(context)
        if user:
            sign_in(context, user, live_server.url)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
