"""The builder of segments, as somebody uses it who writes, changes and opens a rule again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.actions.segments import add_segment, list_customers
from customers.models import Customer, Segment, Tag
from customers.segments.definitions import definition_of
from tests.browser.conftest import VIEWPORTS, OpenPage
from tests.browser.listing import PageToOpen
from tests.browser.looking import look_at
from tests.customers.segments.told import saved
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TopicFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

NEW = "/w/bakery/segments/new/"


@pytest.fixture(autouse=True)
def _people(bakery: Workspace) -> None:
    with workspace_scope(bakery):
        for name, city in (("Maria Weber", "Berlin"), ("Ada Kern", "Bonn"), ("Zoë Nwosu", "Berlin")):
            CustomerFactory(name=name, city=city)
        saved(CustomerFactory(name="Paul Rye"), minutes=90, on=timezone.now().date())
        TopicFactory(key="news", name="News")
        Tag.objects.create(name="regular")


def conditions(page: Page) -> Locator:
    return page.locator(".segment-condition")


def ask(condition: Locator, field: str, operator: str, value: str = "") -> None:
    condition.get_by_label("What to ask").select_option(label=field)
    condition.get_by_label("How it is compared").first.select_option(label=operator)
    if value:
        condition.get_by_label("Value", exact=True).fill(value)


def rule_in(page: Page) -> dict[str, Any]:
    rule: dict[str, Any] = json.loads(page.locator("[name=definition]").input_value())
    return rule


def test_a_rule_of_groups_in_groups_is_clicked_together_and_opened_again_as_it_was(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    page = open_page(bakery_owner)
    page.goto(NEW)
    page.get_by_label("Name", exact=False).first.fill("Berliners")

    ask(conditions(page).nth(0), "City", "is one of")
    conditions(page).nth(0).get_by_label("Values").fill("Berlin, Potsdam")
    page.get_by_role("button", name="Group", exact=True).click()
    inner = page.locator(".segment-group .segment-group")
    inner.get_by_label("How the conditions go together").select_option("none")
    ask(conditions(page).nth(1), "“Recipe saved”", "at least", "1")
    conditions(page).nth(1).get_by_label("in the last days").fill("30")
    conditions(page).nth(1).get_by_text("Only some of them").click()
    conditions(page).nth(1).get_by_role("button", name="Property", exact=True).click()
    asked = page.locator(".segment-property")
    asked.get_by_label("Property", exact=True).fill("minutes")
    asked.get_by_label("How it is compared").select_option(label="is at least")
    asked.get_by_label("Value", exact=True).fill("60")
    expect(page.locator("#segment-preview")).to_contain_text("2 customers")
    written = rule_in(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Edit").click()

    assert written == {
        "match": "all",
        "rules": [
            {"field": "city", "is": "any_of", "value": ["Berlin", "Potsdam"]},
            {
                "match": "none",
                "rules": [
                    {
                        "field": "custom.Recipe saved",
                        "is": "at_least",
                        "value": 1,
                        "within_days": 30,
                        "where": {"minutes": {"is": "at_least", "value": 60}},
                    }
                ],
            },
        ],
    }
    expect(conditions(page)).to_have_count(2)
    # Drawn and read again by a change that changes nothing.
    page.locator("[data-match]").first.dispatch_event("change")
    assert rule_in(page) == written
    with workspace_scope(bakery):
        assert Segment.objects.get().definition == written


def test_the_preview_follows_while_one_writes_and_says_what_is_wrong(open_page: OpenPage, bakery_owner: User) -> None:
    page = open_page(bakery_owner)
    page.goto(NEW)
    preview = page.locator("#segment-preview")

    ask(conditions(page).nth(0), "City", "is", "Berlin")
    expect(preview).to_contain_text("2 customers")
    expect(preview).to_contain_text("Maria Weber")
    conditions(page).nth(0).get_by_label("Value", exact=True).fill("")
    expect(preview.get_by_role("alert")).to_contain_text("rules[0].value: Give a text")
    page.get_by_label("Name", exact=False).first.fill("Berliners")
    page.get_by_role("button", name="Save").click()

    # Refused, with all that was written still there.
    expect(page.locator(".segment-form")).to_contain_text("rules[0].value: Give a text")
    expect(conditions(page).nth(0).get_by_label("What to ask")).to_have_value("city")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("Berliners")


def test_the_builder_is_used_by_keyboard_alone(open_page: OpenPage, bakery_owner: User) -> None:
    page = open_page(bakery_owner)
    page.goto(NEW)

    page.get_by_role("button", name="Condition", exact=True).focus()
    page.keyboard.press("Enter")
    expect(conditions(page)).to_have_count(2)
    expect(conditions(page).nth(1).get_by_label("What to ask")).to_be_focused()
    page.keyboard.type("City")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Bonn")
    assert rule_in(page)["rules"][1] == {"field": "city", "is": "equals", "value": "Bonn"}
    conditions(page).nth(1).get_by_role("button", name="Remove condition").focus()
    page.keyboard.press("Enter")

    expect(conditions(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Condition", exact=True)).to_be_focused()


def test_what_was_deleted_meanwhile_stays_to_be_seen(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    """An event that the shop has not told lately can still be asked; what is picked no more stays chosen."""
    rule = {"match": "all", "rules": [{"field": "custom.Long gone", "is": "at_least", "value": 2}]}
    with workspace_scope(bakery):
        segment = add_segment(name="Old friends", definition=definition_of(rule))
    page = open_page(bakery_owner)
    page.goto(f"/w/bakery/segments/{segment.pk}/edit/")

    expect(conditions(page).nth(0).get_by_label("Value", exact=True)).to_have_value("2")
    page.locator("[data-match]").first.dispatch_event("change")
    assert rule_in(page) == rule


def test_the_builder_looks_well_and_can_be_used_by_everybody(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User
) -> None:
    where = {"minutes": {"is": "at_least", "value": 60}, "recipe": {"is": "any_of", "value": ["Rye", "Oat"]}}
    rules: list[dict[str, Any]] = [
        {"field": "orders", "is": "at_least", "value": 2, "within_days": 90, "where": {"channel": ["web"]}},
        {
            "match": "any",
            "rules": [
                {"field": "consent", "is": "given", "value": ["news"]},
                {"field": "custom.Recipe saved", "is": "at_least", "value": 1, "where": where},
                {"match": "none", "rules": [{"field": "birthday", "is": "in_next", "value": 7}]},
            ],
        },
    ]
    with workspace_scope(bakery):
        segment = add_segment(name="A bit of everything", definition=definition_of({"match": "all", "rules": rules}))
        guests = add_segment(name="Guests")
        list_customers(guests, Customer.objects.values_list("pk", flat=True))
        pk = Customer.objects.values_list("pk", flat=True)[0]
    pages = [
        PageToOpen("segment_edit_nested", f"/w/bakery/segments/{segment.pk}/edit/"),
        PageToOpen("segment_list_used", "/w/bakery/segments/"),
        PageToOpen("list_detail", f"/w/bakery/segments/{guests.pk}/"),
        PageToOpen("customers_of_a_list", f"/w/bakery/customers/?segment={guests.pk}"),
        PageToOpen("customer_on_a_list", f"/w/bakery/customers/{pk}/"),
    ]
    page = open_page(bakery_owner, reduced_motion="reduce")

    assert look_at(page, pages, folder="segments") == []
    page.set_viewport_size(VIEWPORTS["desk"])
    page.goto(pages[3].url)
    page.get_by_text("Lists", exact=True).click()
    page.get_by_label("What to do").select_option("off")
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="The chosen", exact=True).click()
    expect(page.locator("body")).to_contain_text("4 customers were taken off “Guests”.")
