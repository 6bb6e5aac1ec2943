"""The shell around every page: looks, keyboard, dialogs, and what happens when the server does not play along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from accounts.models import User
from crm.navigation import _page
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.looking import complaints_of, findings_of, keep_screenshot, overflow_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _pages(settings: LazySettings) -> Iterator[None]:
    _page.cache_clear()
    settings.WORKSPACE_URLCONF = "tests.browser.shell_urls"
    yield
    _page.cache_clear()


@pytest.fixture
def page(open_page: OpenPage, bakery_owner: User) -> Page:
    page = open_page(bakery_owner)
    page.goto("/w/bakery/")
    return page


@pytest.mark.parametrize("viewport", ["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shell_looks_right(open_page: OpenPage, bakery_owner: User, viewport: str, theme: str) -> None:
    page = open_page(bakery_owner, viewport, color_scheme=theme)
    complaints = complaints_of(page)

    page.goto("/w/bakery/")
    page.wait_for_selector("[data-chart] canvas")
    keep_screenshot(page, f"shell-{viewport}-{theme}")

    assert complaints == []
    assert findings_of(page) == []
    assert overflow_of(page) == 0


@pytest.mark.parametrize("path", ["login", "signup", "password/reset"])
@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_public_pages_are_light(open_page: OpenPage, bakery_owner: User, viewport: str, path: str) -> None:
    page = open_page(None, viewport)
    complaints = complaints_of(page)
    weights: list[int] = []
    page.on("response", lambda response: weights.append(len(response.body())))

    page.goto(f"/accounts/{path}/")
    page.wait_for_load_state("networkidle")
    assert complaints == []
    assert sum(weights) < 60_000


def test_keys_move_and_search(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Noah Fischer")).to_be_focused()

    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Amélie Roux")).to_be_focused()

    page.keyboard.press("/")
    expect(page.locator("main input[type=search]")).to_be_focused()

    page.keyboard.type("?j")
    expect(page.locator("#keyboard-help")).to_be_hidden()


def test_keys_go_to_pages_and_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("switch", name="Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Amélie Roux")).not_to_be_focused()

    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_role("switch", name="Single-key shortcuts").check()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/w/bakery/note/")


def test_the_command_bar_finds_pages_and_customers(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("over")
    expect(page.locator(".command-item:visible")).to_have_text(["Overview", "Amélie Roux"])

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/#7")


def test_a_failed_answer_is_said_once(page: Page) -> None:
    button = page.get_by_role("button", name="Ask what fails")
    for _ in range(2):
        with page.expect_response("**/broken/"):
            button.click()

    expect(page.locator("#toasts")).to_have_text("The server did not answer; nothing was lost; try again.")
    expect(page.locator("#rows")).to_contain_text("Noah Fischer")


def test_a_server_that_is_gone_is_said_too(page: Page) -> None:
    page.context.set_offline(True)

    page.get_by_role("button", name="Ask what works").click()

    expect(page.locator("#toasts")).to_contain_text("nothing was lost")


def test_a_sign_out_elsewhere_loses_nothing(page: Page, bakery_owner: User) -> None:
    address = page.url.removesuffix("/w/bakery/")
    page.get_by_label("Text").fill("Dear Amélie")
    page.context.clear_cookies()

    page.get_by_role("button", name="Ask what works").click()
    expect(page.get_by_role("dialog")).to_contain_text("You are signed out")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_label("Text")).to_have_value("Dear Amélie")

    # Signing in again, in another tab, brings a new token; the open form carries the old one.
    sign_in(page.context, bakery_owner, address)
    other_tab = page.context.new_page()
    other_tab.goto("/w/bakery/")
    page.get_by_role("button", name="Ask what works").click()
    expect(page.get_by_label("Text")).to_have_value("")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete them").click()
    expect(page.locator("body")).to_have_text("Kept: deleted")


def test_an_invalid_form_comes_back_with_the_focus(page: Page) -> None:
    page.get_by_role("button", name="Send by htmx").click()

    expect(page.locator("#note")).to_contain_text("This field is required.")
    expect(page.get_by_label("Text")).to_be_focused()


def test_destruction_asks_first(page: Page) -> None:
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Both rows will be gone.")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#rows")).to_be_visible()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete them").click()

    expect(page.locator("body")).to_have_text("Kept: deleted")


def test_the_theme_is_remembered(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Light or dark").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_click_on_a_chart_opens_what_it_counted(page: Page) -> None:
    chart = page.locator("[data-chart]")
    chart.locator("canvas").wait_for()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box

    axis = 45  # pixels that the axis and its labels take, left of the two columns
    middle_of_february = axis + (box["width"] - axis) * 3 / 4
    page.mouse.click(box["x"] + middle_of_february, box["y"] + box["height"] * 0.7)

    page.wait_for_url("**/#february")


def test_signing_out_is_one_click(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/w/bakery/")
    expect(page).to_have_title("Sign in · Rapport")


def test_a_phone_without_scripts_can_go_everywhere(open_page: OpenPage, bakery_owner: User) -> None:
    page = open_page(bakery_owner, "phone", java_script_enabled=False)

    page.goto("/w/bakery/")

    expect(page.get_by_role("link", name="Customers").first).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("link", name="€20.00")).to_be_visible()


def test_a_phone_opens_the_menu_as_a_drawer(open_page: OpenPage, bakery_owner: User) -> None:
    page = open_page(bakery_owner, "phone")
    page.goto("/w/bakery/")
    expect(page.locator("#sidebar")).to_be_hidden()

    page.get_by_role("button", name="Open the menu").click()

    expect(page.get_by_role("link", name="Customers").first).to_be_visible()
    keep_screenshot(page, "shell-phone-menu")
