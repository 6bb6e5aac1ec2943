"""Who is held out of a flow, what becomes of them, and what the flow brought beside them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import set_urlconf
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import merge_customers
from customers.models import Customer
from messaging.actions.flows import change_flow, enrol_by_hand, start_backfill
from messaging.flows.definitions import FlowRefused
from messaging.flows.dry_run import dry_run
from messaging.flows.entrants import is_held_out_of
from messaging.flows.plans import plan_of
from messaging.flows.reading import definition_of
from messaging.models import Enrolment, Flow, FlowVersion, Message
from messaging.queries import explain_flow, flow_lift
from messaging.queries.flow_lift import FlowLift
from sales.actions import refund_order
from sales.events import OrderPlaced
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.messaging.flows.conftest import Story, tag, wait
from timeline.models import Event
from timeline.recording import record

HAND: dict[str, Any] = {"trigger": {"on": "hand"}, "holdout_percent": 50}
GOAL = {"event": "OrderPlaced", "within_days": 5}
CART = {"policy": "every_time", "by": "cart"}


def groups(flow: Flow, each: int = 2) -> tuple[list[Customer], list[Customer]]:
    """So many who go through the flow, and who are held out."""
    through: list[Customer] = []
    held_out: list[Customer] = []
    definition = plan_of(current(flow)).definition
    while min(len(through), len(held_out)) < each:
        customer = CustomerFactory()
        (held_out if is_held_out_of(flow.pk, customer.pk, definition) else through).append(customer)
    return through[:each], held_out[:each]


def current(flow: Flow) -> FlowVersion:
    return FlowVersion.objects.filter(flow=flow).latest("number")


def lift_of(flow: Flow) -> FlowLift:
    lift = flow_lift.lift_of(Flow.objects.select_related("current").get(pk=flow.pk))
    assert lift is not None
    return lift


def buys(story: Story, customer: Customer, number: str) -> Any:
    order = story.order(customer, number)
    record(OrderPlaced(customer_id=customer.pk, order_id=order.pk, value_minor=order.value_minor))
    return order


def test_nothing_happens_to_who_is_held_out_and_their_timeline_says_so(story: Story, owner_browser: Browser) -> None:
    flow = story.flow(story.send(), tag(), **HAND, goal=GOAL)
    (through,), (held_out,) = groups(flow, 1)

    enrol_by_hand(flow, [through.pk, held_out.pk])
    story.work()
    buys(story, held_out, "A-1")
    story.later(days=3)

    assert list(Message.objects.values_list("customer", flat=True)) == [through.pk]
    enrolment = Enrolment.objects.get(customer=held_out)
    assert (enrolment.state, enrolment.reason, enrolment.trail) == ("held_out", "held_out", [])
    assert (enrolment.due_at, enrolment.reached_goal_at) == (None, None)
    kinds = Event.objects.filter(customer_id=held_out.pk, kind__startswith="Flow").values_list("kind", flat=True)
    assert list(kinds) == ["FlowHeldOut"]
    page = owner_browser.get(f"/customers/{held_out.pk}/").text
    assert "Held out of the flow" in page
    assert "to measure what this flow brings" in page
    assert "to measure" in owner_browser.get(f"/messages/flows/{flow.pk}/people/{enrolment.pk}/").text


def test_whoever_comes_again_stays_in_their_group_whatever_the_version(story: Story) -> None:
    flow = story.flow(tag(), reentry=CART, holdout_percent=50)
    (through,), (held_out,) = groups(flow, 1)

    for number in range(3):
        for customer in (through, held_out):
            story.touch(customer, f"c-{customer.pk}-{number}")
        story.later(hours=1)
        change_flow(flow, name=flow.name, definition={**current(flow).definition, "steps": [tag("t", f"v{number}")]})

    states = {(each.customer_id, each.version_id): each.state for each in Enrolment.objects.all()}
    assert len(states) == 6
    assert {customer for (customer, _version), state in states.items() if state == "held_out"} == {held_out.pk}


def test_once_is_once_also_for_who_was_held_out(story: Story) -> None:
    flow = story.flow(tag(), **HAND)
    _through, (held_out,) = groups(flow, 1)
    enrol_by_hand(flow, [held_out.pk])
    change_flow(flow, name=flow.name, definition={**current(flow).definition, "holdout_percent": 0})

    assert enrol_by_hand(flow, [held_out.pk]) == []


@pytest.mark.parametrize("percent", [-1, 51, "10", True, 2.5])
def test_a_share_that_cannot_be_is_refused_where_it_stands(percent: object) -> None:
    raw = {"trigger": {"on": "hand"}, "steps": [wait(days=1)], "holdout_percent": percent}

    with pytest.raises(FlowRefused) as refused:
        definition_of(raw)

    assert [fault.part for fault in refused.value.faults] == ["holdout_percent"]


def test_it_is_told_beforehand_and_afterwards(story: Story) -> None:
    flow = story.flow(wait(days=1), tag(), **HAND)
    (through,), (held_out,) = groups(flow, 1)

    assert [dry_run(current(flow), each, at=timezone.now()).is_held_out for each in (through, held_out)] == [
        False,
        True,
    ]
    asked = [point.text for point in explain_flow(flow, held_out).points]
    assert "Would be held out, to measure what this flow brings" in asked
    enrol_by_hand(flow, [held_out.pk])
    explanation = explain_flow(flow, held_out)
    assert (explanation.got, explanation.answer.startswith("Held out, to measure")) == (False, True)


def test_every_figure_of_the_two_groups_opens_its_people(
    story: Story, owner_browser: Browser, other_workspace: Workspace
) -> None:
    flow = story.flow(story.send(), wait(days=2), tag(), **HAND, goal=GOAL)
    through, held_out = groups(flow, 3)
    enrol_by_hand(flow, [each.pk for each in (*through, *held_out)])
    story.later(days=1)
    bought = [buys(story, customer, f"A-{customer.pk}") for customer in (*through[:2], held_out[0])]
    refund_order(bought[1], amount_minor=bought[1].total_minor)
    story.later(days=7)
    buys(story, held_out[1], "too late")

    lift = lift_of(flow)
    set_urlconf(settings.WORKSPACE_URLCONF)  # as within a request
    rows = lift.rows
    set_urlconf(None)

    assert lift.days == 2 + 5
    worth = bought[0].value_minor
    assert [(group.people, group.goals, group.buyers, group.revenue_minor) for _words, group, _urls in rows] == [
        (3, 2, 1, worth),
        (3, 1, 1, worth),
    ]
    assert (lift.lift.written_to.count, lift.lift.held_out.count, lift.lift.is_too_small) == (2, 1, True)
    expected = ((through, through[:2], through[:1]), (held_out, held_out[:1], held_out[:1]))
    for (_words, _group, urls), people in zip(rows, expected, strict=True):
        for name, customers in zip(("people", "goals", "buyers"), people, strict=True):
            page = owner_browser.get(urls[name]).text
            ways = {int(pk) for pk in re.findall(rf"/flows/{flow.pk}/people/(\d+)/", page)}
            assert set(Enrolment.objects.filter(pk__in=ways).values_list("customer", flat=True)) == {
                each.pk for each in customers
            }
    assert f"/flows/{flow.pk}/lift/" in owner_browser.get(f"/messages/flows/{flow.pk}/").text
    assert "Too few people to tell." in owner_browser.get(f"/messages/flows/{flow.pk}/lift/").text
    with workspace_scope(other_workspace):
        assert flow_lift.lift_of(flow) is None


def test_what_was_told_of_who_they_were_before_a_merge_is_theirs(story: Story) -> None:
    flow = story.flow(wait(days=1), **HAND, goal=GOAL)
    (through,), (held_out,) = groups(flow, 1)
    enrol_by_hand(flow, [through.pk, held_out.pk])
    absorbed = CustomerFactory()
    story.clock.shift(timedelta(hours=1))
    record(OrderPlaced(customer_id=absorbed.pk, order_id=1, value_minor=100))
    merge_customers(survivor=held_out, absorbed=absorbed)

    goals = {name: group.goals for name, group in lift_of(flow).groups.items()}
    assert goals == {"written_to": 0, "held_out": 1}


def test_only_who_came_under_the_present_share_counts_and_once(story: Story) -> None:
    flow = story.flow(tag(), reentry=CART, holdout_percent=0)
    before, again = CustomerFactory(), CustomerFactory()
    for customer in (before, again):
        story.touch(customer, f"old-{customer.pk}")
    story.later(hours=1)
    assert flow_lift.lift_of(flow) is None

    change_flow(flow, name=flow.name, definition={**current(flow).definition, "holdout_percent": 50})
    for number in range(2):
        story.touch(again, f"new-{number}")
        story.later(hours=1)
        change_flow(flow, name=flow.name, definition={**current(flow).definition, "steps": [tag("t", f"v{number}")]})

    lift = lift_of(flow)
    assert sum(group.people for group in lift.groups.values()) == 1
    assert lift.percent == 50
    change_flow(flow, name=flow.name, definition={**current(flow).definition, "holdout_percent": 0})
    assert sum(group.people for group in lift_of(flow).groups.values()) == 1


def test_who_is_brought_in_from_the_past_is_measured_from_today(story: Story) -> None:
    flow = story.flow(tag(), trigger={"on": "event", "event": "OrderPlaced"}, holdout_percent=50)
    (through,), _held_out = groups(flow, 1)
    story.order(through, "first", at=timezone.now() - timedelta(days=300))
    story.order(through, "second", at=timezone.now() - timedelta(days=298))
    story.work()

    start_backfill(flow, days=365)
    story.work()
    assert lift_of(flow).groups["written_to"].people == 1
    assert lift_of(flow).groups["written_to"].buyers == 0
    story.order(through, "new")
    story.later(hours=1)
    assert lift_of(flow).groups["written_to"].buyers == 1


@pytest.mark.parametrize("each", [1, 3])
def test_the_two_groups_are_counted_by_as_many_queries(
    story: Story, each: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    flow = story.flow(wait(days=1), **HAND, goal=GOAL)
    through, held_out = groups(flow, each)
    enrol_by_hand(flow, [one.pk for one in (*through, *held_out)])
    flow = Flow.objects.select_related("current").get(pk=flow.pk)

    with django_assert_num_queries(7):
        lift = flow_lift.lift_of(flow)
        assert lift is not None
        assert lift.groups["held_out"].people == each
