from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import Workspace
from customers.actions.segments import add_segment, archive_segment, keep_segments, list_customers
from customers.models import Segment
from customers.segments import previewing
from tests.client import Browser
from tests.customers.segments.test_membership import rule
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")

BERLIN = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}


def post(browser: Browser, path: str, **fields: Any) -> Any:
    return browser.post(path, {name: json.dumps(v) if isinstance(v, dict) else v for name, v in fields.items()})


def test_a_marketer_writes_a_segment_and_sees_who_is_in_it(workspace: Workspace, owner_browser: Browser) -> None:
    CustomerFactory(name="Maria Muster", city="Berlin")

    answer = post(owner_browser, "/segments/new/", name="Berliners", definition=BERLIN)
    keep_segments(workspace)

    segment = Segment.objects.get()
    assert answer.url.endswith(f"/segments/{segment.pk}/")
    page = owner_browser.get(f"/segments/{segment.pk}/")
    assert "Maria Muster" in page.content.decode()
    assert "1 customer" in page.content.decode()


def test_members_are_paged(workspace: Workspace, owner_browser: Browser) -> None:
    segment = add_segment(name="Berliners", definition=rule("city", "equals", "Berlin"))
    people = CustomerFactory.create_batch(51, city="Berlin")
    keep_segments(workspace)

    first = owner_browser.get(f"/segments/{segment.pk}/")
    second = owner_browser.get(f"/segments/{segment.pk}/?cursor={first.context['next_cursor']}")

    shown = [row.customer for each in (first, second) for row in each.context["memberships"]]
    assert sorted(each.pk for each in shown) == sorted(each.pk for each in people)


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("", "required"),
        ("nothing", "no JSON"),
        ("[" * 5000, "no JSON"),
        ({"match": "all", "rules": []}, "rules: A group needs"),
        ({"match": "most", "rules": [{}]}, "match: `match` is"),
        ({"match": ["all"], "rules": [{}]}, "match: `match` is"),
        ({"match": "all", "rules": [{"field": "shoe_size", "is": "equals"}]}, "rules[0].field: “shoe_size”"),
        ({"match": "all", "rules": [{"field": "city", "is": "near", "value": "x"}]}, "rules[0].is: This field"),
        (
            {"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": "x"}]},
            "rules[0].value: Give a number",
        ),
        ({"match": "all", "rules": [{"field": "city", "is": "equals", "value": "a\0b"}]}, "character NUL"),
        ({"match": "all", "rules": [{"field": "city", "is": "equals", "value": "\ud800"}]}, "no JSON"),
        ({"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": float("nan")}]}, "no JSON"),
        ({"match": "all", "rules": [{"field": "tag", "is": "any_of", "value": ["tag_x"]}]}, "“tag_x” is not there"),
    ],
)
def test_a_rule_that_can_not_be_asked_says_where_and_why(owner_browser: Browser, definition: Any, said: str) -> None:
    answer = post(owner_browser, "/segments/new/", name="Berliners", definition=definition)

    assert answer.status_code == 422
    assert said in answer.content.decode().replace("&quot;", '"')
    assert Segment.objects.count() == 0


def test_the_preview_counts_and_shows_a_few(owner_browser: Browser) -> None:
    CustomerFactory(name="Maria Muster", city="Berlin")
    CustomerFactory(city="Bonn")

    page = post(owner_browser, "/segments/preview/", definition=BERLIN).content.decode()

    assert "1 customer<" in page
    assert "Maria Muster" in page


def test_of_very_many_the_preview_says_about_how_many_and_counts_when_asked(
    owner_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "COUNTED_AT_ONCE", 2)
    for _ in range(3):
        CustomerFactory(city="Berlin")

    page = post(owner_browser, "/segments/preview/", definition=BERLIN).content.decode()
    exact = post(owner_browser, "/segments/preview/", definition=BERLIN, exact="1").content.decode()

    assert "About " in page
    assert "3 customers<" in exact


@pytest.mark.parametrize(("city", "said"), [("Berlin", "That is everybody"), ("Bonn", "means none of your customers")])
def test_the_preview_says_so_of_everybody_and_of_nobody(owner_browser: Browser, city: str, said: str) -> None:
    CustomerFactory(city="Berlin")
    definition = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": city}]}

    page = post(owner_browser, "/segments/preview/", definition=definition).content.decode()

    assert said in page


def test_an_archived_segment_is_found_below_the_others(owner_browser: Browser) -> None:
    segment = archive_segment(add_segment(name="Berliners", definition=rule("city", "equals", "Berlin")))

    page = owner_browser.get("/segments/").content.decode()
    owner_browser.post(f"/segments/{segment.pk}/restoration/")

    assert "No segments yet" in page
    assert "Berliners" in page
    segment.refresh_from_db()
    assert segment.archived_at is None


def test_a_list_by_hand_has_a_name_and_no_rule(owner_browser: Browser) -> None:
    owner_browser.post("/segments/new/list/", {"name": "Guests"})
    guests = Segment.objects.get()
    list_customers(guests, [CustomerFactory(name="Tom").pk])

    owner_browser.post(f"/segments/{guests.pk}/edit/", {"name": "Friends"})

    page = owner_browser.get(f"/segments/{guests.pk}/").content.decode()
    assert "Friends" in page
    assert "Tom" in page
