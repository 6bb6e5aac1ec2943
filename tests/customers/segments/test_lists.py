"""Segments in the list of customers, and customers on lists by hand."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.actions import archive_customer, merge_customers, restore_customer, tag_customer
from customers.actions.lists import list_matching_customers, unlist_matching_customers
from customers.actions.segments import add_segment, keep_segments, list_customers
from customers.models import Customer, Segment, SegmentMembership, Tag
from customers.queries import CustomerFilter, matching_customers
from customers.queries.filtering import BirthdayWhen, Kept
from customers.segments.compiling import Understood
from customers.segments.definitions import definition_of
from customers.segments.fields import Frame
from customers.segments.from_filters import rule_of_filter
from customers.segments.membership import local_today
from tests.client import Browser
from tests.conftest import signed_in
from tests.customers.segments.street import people
from tests.customers.segments.test_membership import members, rule
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

Drained = Callable[[], AbstractContextManager[None]]


def on(segment: Segment) -> set[int]:
    return set(SegmentMembership.objects.filter(segment=segment).values_list("customer_id", flat=True))


def test_the_number_of_a_segment_opens_exactly_its_people(workspace: Workspace, owner_browser: Browser) -> None:
    for number in range(3):
        CustomerFactory(name=f"Berliner {number}", city="Berlin")
    CustomerFactory(name="Bonner", city="Bonn")
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    keep_segments(workspace)

    page = owner_browser.get("/segments/").content.decode()
    opened = owner_browser.get(f"/customers/?segment={segment.pk}").content.decode()

    assert f"/customers/?segment={segment.pk}" in page
    assert "3 customers" in opened
    assert ("Berliner 2" in opened, "Bonner" in opened) == (True, False)


def test_a_list_counts_who_is_there_and_keeps_the_place_of_who_is_put_away(
    owner_browser: Browser, drained: Drained
) -> None:
    maria, tom, twin = CustomerFactory(name="Maria"), CustomerFactory(name="Tom"), CustomerFactory(name="Mary")
    guests = add_segment(name="Guests")
    list_customers(guests, [maria.pk, tom.pk, twin.pk])

    with drained():
        archive_customer(tom)
        merge_customers(survivor=maria, absorbed=twin)
    guests.refresh_from_db()
    page = owner_browser.get(f"/segments/{guests.pk}/").content.decode()
    assert guests.members_count == 1
    assert ("Maria" in page, "Tom" in page) == (True, False)

    with drained():
        restore_customer(tom)
    guests.refresh_from_db()
    assert guests.members_count == 2


def test_a_segment_is_downloaded_as_the_list_is(workspace: Workspace, owner_browser: Browser) -> None:
    CustomerFactory(name="Maria", city="Berlin")
    CustomerFactory(name="Tom", city="Bonn")
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    keep_segments(workspace)

    answer = owner_browser.post(f"/customers/download/?segment={segment.pk}")

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == ["Maria"]
    assert Event.objects.get(kind="CustomerListDownloaded").payload == {"filters": ["segment_id"]}


def test_the_chosen_are_put_on_a_list_and_taken_off_it(owner_browser: Browser) -> None:
    maria, tom = CustomerFactory(), CustomerFactory()
    guests = add_segment(name="Guests")

    for way, left in (("on", {maria.pk, tom.pk}), ("off", {tom.pk})):
        chosen = [maria.pk, tom.pk] if way == "on" else [maria.pk]
        data = {"who": "chosen", "customers": chosen, "list": guests.pk, "way": way}
        answer = owner_browser.post("/customers/listing/?sort=name", data)
        assert answer["Location"].endswith("/customers/?sort=name")
        assert on(guests) == left


def test_all_that_match_are_put_on_a_list_also_on_other_pages(owner_browser: Browser) -> None:
    anna = {each.pk for each in CustomerFactory.create_batch(60, name="Anna")}
    CustomerFactory(name="Ben")
    guests = add_segment(name="Guests")

    owner_browser.post("/customers/listing/?q=anna", {"who": "matching", "list": guests.pk, "way": "on"})

    assert on(guests) == anna


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"who": "chosen", "way": "on"}, "Choose the customers"),
        ({"who": "matching", "way": "on", "list": ""}, "Choose the list"),
        ({"who": "matching", "way": "on", "list": "999999"}, "not there any more"),
    ],
)
def test_a_refused_listing_says_why(owner_browser: Browser, data: dict[str, str], reason: str) -> None:
    CustomerFactory()
    guests = add_segment(name="Guests")

    answer = owner_browser.post("/customers/listing/", {"list": str(guests.pk), **data})

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert on(guests) == set()


def test_no_rule_s_segment_is_offered_as_a_list_nor_another_workspace_s(
    owner_browser: Browser, other_workspace: Workspace
) -> None:
    ruled = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    with workspace_scope(other_workspace):
        theirs = add_segment(name="Theirs")
    maria = CustomerFactory()

    for segment in (ruled, theirs):
        data = {"who": "chosen", "customers": [maria.pk], "list": segment.pk, "way": "on"}
        assert owner_browser.post("/customers/listing/", data).status_code == 422
        assert owner_browser.post(f"/customers/{maria.pk}/lists/", {"list": segment.pk}).status_code == 422
    assert SegmentMembership.objects.count() == 0


def test_a_profile_shows_its_segments_and_is_put_on_lists_and_taken_off(
    workspace: Workspace, owner_browser: Browser
) -> None:
    maria = CustomerFactory(city="Berlin")
    add_segment(name="Berliners", definition=rule("city", "equals", "Berlin"))
    guests = add_segment(name="Guests")
    keep_segments(workspace)

    owner_browser.post(f"/customers/{maria.pk}/lists/", {"list": guests.pk})
    page = owner_browser.get(f"/customers/{maria.pk}/").content.decode()
    assert ("Berliners" in page, "Take off the list Guests" in page, "list Berliners" in page) == (True, True, False)
    owner_browser.post(f"/customers/{maria.pk}/lists/{guests.pk}/removal/")

    assert on(guests) == set()


def test_very_many_are_listed_and_unlisted_in_steps(
    workspace: Workspace, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.actions.lists.LISTED_AT_ONCE", 2)
    everybody = {each.pk for each in CustomerFactory.create_batch(5)}
    guests = add_segment(name="Guests")
    actor = f"user:{owner.pk}"

    assert list_matching_customers(workspace, CustomerFilter(), segment_id=guests.pk, actor=actor) == 5
    assert on(guests) == everybody
    those = CustomerFilter(segment_id=guests.pk)
    assert unlist_matching_customers(workspace, those, segment_id=guests.pk, actor=actor) == 5
    assert members(guests) == set()
    assert set(Event.objects.filter(kind="SegmentLeft").values_list("actor", flat=True)) == {actor}


FILTERS: list[dict[str, Any]] = [
    {"tag_id": "loyal"},
    {"source_channel": "web", "spent_from": 100},
    {"birthday": BirthdayWhen.WEEK},
    {"birthday": BirthdayWhen.TODAY},
    {"joined_from": date(2025, 6, 1), "joined_to": date(2026, 2, 1)},
    {"first_order_from": date(2025, 12, 1)},
    {"last_order_to": date(2026, 2, 10), "orders_from": 1, "orders_to": 3},
    {"orders_to": 0},
    {"spent_from": 1000, "spent_to": 5000},
]


def test_the_filters_of_the_list_mean_the_same_people_as_the_segment_made_of_them() -> None:
    people(random.Random(6))
    Customer.objects.filter(pk__in=Customer.objects.order_by("pk")[:9].values("pk")).update(source_channel="web")
    tag_id = Tag.objects.get(name="loyal").pk

    for given in FILTERS:
        wanted = CustomerFilter(**given | ({"tag_id": tag_id} if "tag_id" in given else {}))
        raw = rule_of_filter(wanted)
        assert raw is not None
        listed = set(matching_customers(wanted, None).values_list("pk", flat=True))
        ruled = Understood(definition_of(raw)).customers(Frame(local_today()))
        assert set(ruled.values_list("pk", flat=True)) == listed, given


@pytest.mark.parametrize(
    "given", [{}, {"search": "maria"}, {"kept": Kept.ARCHIVED, "spent_from": 1}, {"birthday": BirthdayWhen.MONTH}]
)
def test_what_no_rule_can_say_is_not_offered_as_a_segment(given: dict[str, Any]) -> None:
    assert rule_of_filter(CustomerFilter(**given)) is None


def test_filters_are_saved_as_a_segment(owner_browser: Browser) -> None:
    tag = tag_customer(CustomerFactory(), name="loyal")

    page = owner_browser.get(f"/customers/?tag={tag.pk}").content.decode()
    builder = owner_browser.get(f"/segments/new/?tag={tag.pk}")

    assert f"/segments/new/?tag={tag.pk}" in page
    rules = json.loads(builder.context["form"]["definition"].value())["rules"]
    assert [(each["field"], each["is"]) for each in rules] == [("tag", "any_of")]
    assert "Save as a segment" not in owner_browser.get("/customers/?q=maria").content.decode()


def test_who_may_not_edit_segments_sees_no_button_for_it(member: Callable[[Role], User]) -> None:
    tag = tag_customer(CustomerFactory(), name="loyal")
    add_segment(name="Guests")

    page = signed_in(member(Role.AGENT)).get(f"/customers/?tag={tag.pk}").content.decode()

    assert ("Put on the list" in page, "Save as a segment" in page) == (False, False)
