"""Writing a flow as a marketer does: from the gallery, by clicks, and by the keyboard alone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from messaging.models import Flow
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def steps_of(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace):
        flow = Flow.objects.select_related("current").get()
        assert flow.current is not None
        return [step["do"] for step in flow.current.definition["steps"]]


def test_a_preset_is_changed_in_the_editor_and_switched_on(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    page = open_page(bakery_owner)
    page.goto(f"/w/{bakery.slug}/messages/flows/")
    page.get_by_role("button", name="Use it Abandoned cart").click()
    page.get_by_role("link", name="Edit").click()
    steps = page.locator("#flow-steps > .flow-way > .flow-steps > .flow-step")
    expect(steps).to_have_count(4)

    page.locator("#flow-steps > .flow-way > .flow-add select").select_option("tag")
    page.locator("#flow-steps > .flow-way > .flow-add button").click()
    expect(steps).to_have_count(5)
    expect(page.locator("[data-step=tag-1] input")).to_be_focused()
    page.keyboard.type("left a cart")
    page.locator("[data-step=tag-1] [data-move='-1']").press("Enter")
    expect(page.locator("[data-step=tag-1] [data-move='-1']")).to_be_focused()
    page.get_by_role("button", name="Save").click()

    assert steps_of(bakery) == ["wait", "send", "wait", "tag", "send"]
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".page-heading .pill")).to_have_text("On")


def test_what_is_wrong_is_said_at_its_step_and_nothing_is_lost(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    page = open_page(bakery_owner, "phone")
    page.goto(f"/w/{bakery.slug}/messages/flows/new/")
    page.get_by_label("Name").fill("Regulars")
    add = page.locator("#flow-steps > .flow-way > .flow-add")
    add.locator("select").select_option("branch")
    add.locator("button").click()
    arm = page.locator("[data-step=branch-1] .flow-arm").first
    arm.locator(".flow-add select").select_option("send")
    arm.locator(".flow-add button").click()
    page.get_by_role("button", name="Save").click()

    wrong = page.locator("[data-step=send-1]")
    expect(wrong.get_by_role("alert").first).to_contain_text("Choose the text to send.")
    wrong.get_by_role("button", name="Remove: Send a message").click()
    arm.locator(".flow-add select").select_option("exit")
    arm.locator(".flow-add button").click()
    page.get_by_role("button", name="Save").click()

    assert steps_of(bakery) == ["wait", "branch"]


def test_two_marketers_in_one_flow(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    first, second = open_page(bakery_owner), open_page(bakery_owner)
    first.goto(f"/w/{bakery.slug}/messages/flows/")
    first.get_by_role("button", name="Use it Welcome").click()
    address = f"{first.url}edit/"
    first.goto(address)
    second.goto(address)

    first.locator("[data-step=a-day] [data-remove]").click()
    first.get_by_role("button", name="Save").click()
    second.get_by_label("Name").fill("Hello and welcome")
    second.get_by_role("button", name="Save").click()

    expect(second.get_by_text("Somebody else saved version 2")).to_be_visible()
    assert second.get_by_label("Name").input_value() == "Hello and welcome"
    assert len(json.loads(second.locator("[name=definition]").input_value())["steps"]) == 5
    second.get_by_role("button", name="Save").click()
    assert len(steps_of(bakery)) == 5
