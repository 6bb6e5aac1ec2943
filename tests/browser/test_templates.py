"""The editor of templates as people use it, and every link of what it gives them to begin with."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions import Wording
from messaging.models import Template, TemplateVersion
from messaging.starters import STARTERS
from tests.browser.conftest import OpenPage
from tests.browser.listing import PageToOpen
from tests.browser.looking import look_at as look_at_pages
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def expect_kinds(page: Page, *kinds: str) -> None:
    """Soon: what a mouse drags arrives when the browser says so."""
    cards = page.locator(".block-card")
    expect(cards).to_have_count(len(kinds))
    for card, kind in enumerate(kinds):
        expect(cards.nth(card)).to_have_attribute("data-type", kind)


def drag(page: Page, *, card: int, onto: int) -> None:
    """In a window so tall that nothing scrolls below the mouse on the way."""
    target = page.locator(".block-card").nth(onto)
    page.set_viewport_size({"width": 1280, "height": 2000})
    page.locator(".block-card").nth(card).locator(".block-handle").hover()
    box = target.locator("[data-name]").bounding_box()
    assert box
    page.mouse.down()
    for at in range(3):  # the first only begins to drag
        page.mouse.move(box["x"] + at, box["y"] + 4 + at)
    expect(target).to_have_class(re.compile("is-over"))
    page.mouse.up()


def test_a_letter_is_put_together(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    with workspace_scope(bakery):
        CustomerFactory(name="Ada Lovelace", email="ada@mail.example")
    page = open_page(bakery_owner)
    page.goto("/w/bakery/messages/templates/")
    page.get_by_role("link", name="New template").first.click()
    page.get_by_role("link", name="Plain letter").click()
    preview = page.frame_locator("iframe.letter")
    expect(preview.get_by_text("Hello Ada")).to_be_visible()

    page.locator("[name=name]").fill("Summer letter")
    page.get_by_label("Kind of block").select_option("heading")
    page.get_by_role("button", name="Add block").click()
    page.keyboard.type("Summer, ")
    page.get_by_text("Put in what you know of a customer").click()
    page.get_by_role("button", name="customer.first_name").click()
    expect(preview.get_by_role("heading", name="Summer, Ada")).to_be_visible()

    expect_kinds(page, "text", "heading")
    page.locator(".block-card").nth(1).get_by_role("button", name="Move up").press("Enter")
    expect_kinds(page, "heading", "text")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowUp")
    expect_kinds(page, "heading", "text")
    page.locator(".block-card").nth(0).get_by_role("button", name="Duplicate").click()
    drag(page, card=1, onto=2)
    expect_kinds(page, "heading", "text", "heading")
    page.locator(".block-card").nth(2).get_by_role("button", name="Remove").click()
    page.locator(".block-card").nth(0).get_by_text("Shown only if").click()
    page.locator(".block-card").nth(0).get_by_label("What decides").select_option("customer.city")
    page.locator(".block-card").nth(0).get_by_label("How it is compared").select_option("missing")
    expect(preview.get_by_role("heading", name="Summer, Ada")).to_have_count(0)
    page.get_by_label("For a customer").fill("ada@mail.example")
    expect(preview.get_by_role("heading", name="Summer, Ada")).to_be_visible()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Summer letter")).to_be_visible()
    with workspace_scope(bakery):
        version = TemplateVersion.objects.get()
    assert version.blocks is not None
    assert [(block["type"], "when" in block) for block in version.blocks] == [("heading", True), ("text", False)]
    assert version.blocks[0]["text"] == "Summer, {{ customer.first_name }}"


def test_what_is_wrong_is_said_and_stays_to_be_mended(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    page = open_page(bakery_owner, "phone")
    page.goto("/w/bakery/messages/templates/new/?starter=letter")
    page.locator(".block-card textarea").fill("Dear {{ customer.fist_name }}")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Did you mean").first).to_be_visible()
    expect(page.locator(".block-card textarea")).to_have_value("Dear {{ customer.fist_name }}")


def test_the_pages_of_templates_look_right(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    with workspace_scope(bakery):
        for each in STARTERS:
            version = actions.write_template(name=str(each.text.name), wording=Wording.ready(each.text))
        ProductFactory(name="Rye loaf", url="https://shop.example/rye")
        offer = Template.objects.get(name="Offer")
        actions.edit_template(version.template, name="Plain letter", wording=Wording("Shorter", "Hi"))
    base = "/w/bakery/messages"
    pages = [
        PageToOpen("template_list", f"{base}/templates/"),
        PageToOpen("template_create", f"{base}/templates/new/"),
        PageToOpen("template_edit", f"{base}/templates/{offer.pk}/edit/"),
        PageToOpen("template_detail", f"{base}/templates/{version.template_id}/"),
        PageToOpen("tracking_edit", f"{base}/opens-and-clicks/"),
    ]

    assert look_at_pages(open_page(bakery_owner), pages, folder="templates") == []
