"""Merged, erased, brought in from the past, and looked at beforehand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.public_ids import encode_id
from customers.actions import erase_customer, export_customer, merge_customers
from customers.actions.segments import add_segment, list_customers
from customers.models import Customer
from messaging.actions import Evidence, give_consent, set_frequency_policy, set_quiet_hours
from messaging.actions.enrolling import enrol
from messaging.actions.flows import change_flow, enrol_by_hand, start_backfill, switch_on_flow
from messaging.flows.dry_run import dry_run
from messaging.flows.entrants import Entrant
from messaging.flows.past import count_past
from messaging.models import (
    ConsentSource,
    Enrolment,
    Flow,
    FlowEntrance,
    FlowVersion,
    FrequencySlot,
    Message,
    SubscriptionTopic,
)
from messaging.refusals import FlowNotReady
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.flows.conftest import NOON, Story, tag, wait
from timeline.models import Event

CART = {"policy": "cooldown", "days": 7, "by": "cart"}


def current(flow: Flow) -> FlowVersion:
    return FlowVersion.objects.filter(flow=flow).latest("number")


def test_of_two_who_are_one_nobody_goes_the_same_way_twice(story: Story, maria: Customer) -> None:
    other = CustomerFactory()
    flow = story.flow(wait(days=1), story.send(), trigger={"on": "hand"})
    enrol_by_hand(flow, [maria.pk, other.pk])

    merge_customers(survivor=maria, absorbed=other)
    story.later(days=1)

    assert Message.objects.get().customer == maria
    assert set(Enrolment.objects.values_list("customer", "reason")) == {(maria.pk, "completed"), (other.pk, "merged")}


def test_a_way_that_only_one_of_them_was_on_goes_on_for_both(story: Story, maria: Customer) -> None:
    other = CustomerFactory()
    flow = story.flow(wait(days=1), tag(), reentry=CART)
    story.touch(other)
    story.work()

    merge_customers(survivor=maria, absorbed=other)

    assert Enrolment.objects.get(flow=flow).customer == maria
    assert FlowEntrance.objects.get().customer == maria


def test_who_is_erased_leaves_and_nothing_says_who_it_was(story: Story, maria: Customer, owner: object) -> None:
    flow = story.flow(
        {"key": "n", "do": "notify", "member": str(owner.email), "subject": "A guest", "text": "Call"},  # type: ignore[attr-defined]
        wait(days=1),
        trigger={"on": "hand"},
    )
    enrol_by_hand(flow, [maria.pk])
    story.work()
    assert "Maria" in str(Message.objects.get().context)

    erase_customer(maria)

    enrolment = Enrolment.objects.get()
    assert (enrolment.reason, enrolment.context) == ("gone", {})
    assert "Maria" not in str(Message.objects.get().context)


def test_what_is_handed_over_names_the_ways_through_flows(story: Story, maria: Customer) -> None:
    flow = story.flow(wait(days=1), trigger={"on": "hand"})
    enrol_by_hand(flow, [maria.pk])

    assert flow.name in str(export_customer(maria))


def test_past_customers_are_counted_first_and_come_in_as_of_their_day(story: Story, maria: Customer) -> None:
    story.order(maria, at=NOON - timedelta(days=30))
    story.order(CustomerFactory(), "A-2", at=NOON - timedelta(days=200))
    story.order(CustomerFactory(), "A-3", at=NOON - timedelta(days=70))
    story.work()
    flow = story.flow(wait(days=60), story.send(), trigger={"on": "event", "event": "OrderPlaced"})

    assert count_past(current(flow), since=NOON - timedelta(days=90)) == 2
    assert not Enrolment.objects.exists()
    start_backfill(flow, days=90)
    story.work()

    assert Enrolment.objects.waiting().get().due_at == NOON + timedelta(days=30)
    assert Message.objects.get().customer != maria
    flow.refresh_from_db()
    assert (flow.backfill_after, flow.backfilled) == (None, 2)


def test_nobody_is_brought_into_a_flow_that_is_not_on(story: Story) -> None:
    flow = story.flow(tag(), is_on=False)

    with pytest.raises(FlowNotReady):
        start_backfill(flow, days=30)


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(story: Story, maria: Customer) -> None:
    story.order(maria, at=NOON - timedelta(days=3))
    flow = story.flow(
        wait(hours=4), story.send(), wait("w2", days=30), story.send("s2"), exits=[{"event": "OrderPlaced"}]
    )
    before = Event.objects.count(), Message.objects.count(), Enrolment.objects.count()

    future = dry_run(current(flow), maria, at=NOON)
    past = dry_run(current(flow), maria, at=NOON - timedelta(days=10))

    assert [(step.line.key, step.at - NOON) for step in future.steps] == [
        ("w", timedelta(hours=4)),
        ("s", timedelta(hours=4)),
        ("w2", timedelta(days=30, hours=4)),
        ("s2", timedelta(days=30, hours=4)),
    ]
    sent = future.steps[1]
    assert (sent.subject, sent.refusal) == ("Hello Maria", "The customer never agreed to this topic.")
    assert [step.line.key for step in past.steps] == ["w", "s"]
    assert (past.ended_at, bool(past.ended)) == (NOON - timedelta(days=3), True)
    assert (Event.objects.count(), Message.objects.count(), Enrolment.objects.count()) == before


def test_a_dry_run_goes_the_way_of_the_split_that_they_will_really_go(story: Story) -> None:
    split = {"key": "p", "do": "split", "percent": 50, "then": [tag("t1", "first")], "else": [tag("t2", "second")]}
    flow = story.flow(split, trigger={"on": "hand"})
    people = [CustomerFactory() for _ in range(12)]
    told = {each.pk: dry_run(current(flow), each, at=NOON).steps[1].line.key for each in people}

    enrol_by_hand(flow, list(told))
    story.work()

    assert {each.customer_id: each.trail[1][0] for each in Enrolment.objects.all()} == told
    assert set(told.values()) == {"t1", "t2"}


def test_a_dry_run_asks_exit_rules_how_the_customer_stands(story: Story) -> None:
    maria = CustomerFactory(city="Berlin")
    guests, staff = (add_segment(name=name) for name in ("Guests", "Staff"))
    list_customers(staff, [maria.pk])
    is_guest, is_staff = (encode_id("seg", each.pk) for each in (guests, staff))
    in_berlin = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}
    rules = [{"left": is_guest}, {"entered": is_staff}, {"condition": in_berlin}, {"left": is_staff}]

    flows = [story.flow(wait(days=1), story.send(), exits=[rule]) for rule in rules]
    comes_with_it = story.flow(story.send(), trigger={"on": "segment", "segment": is_guest}, exits=[{"left": is_guest}])
    runs = [dry_run(current(flow), maria, at=NOON) for flow in (*flows, comes_with_it)]

    assert [(len(run.steps), run.ended) for run in runs] == [
        *[(0, "An exit rule of the flow held.")] * 3,
        (2, ""),
        (1, ""),
    ]


def test_a_dry_run_asks_exit_rules_again_when_a_message_would_leave(story: Story) -> None:
    maria = CustomerFactory(joined_on=NOON.date() - timedelta(days=2))
    old_hand = {"match": "all", "rules": [{"field": "joined_on", "is": "longer_ago", "value": 5}]}
    flow = story.flow(
        wait(days=1), story.send("s"), wait("w2", days=9), story.send("s2"), exits=[{"condition": old_hand}]
    )

    [early, late] = [step for step in dry_run(current(flow), maria, at=NOON).steps if step.subject]

    assert early.refusal != late.refusal == "An exit rule of the flow held."


def test_a_dry_run_tells_what_quiet_hours_and_limits_would_do(story: Story, maria: Customer) -> None:
    """Noon in Berlin; ten hours later it is night, and by then the one place in three days is taken."""
    agreed = Evidence(source=ConsentSource.STAFF, at=NOON - timedelta(days=5))
    give_consent(maria, list(SubscriptionTopic.objects.all()), evidence=agreed)
    set_quiet_hours(begins=21, ends=8)
    policy = set_frequency_policy(messages=1, days=3, wait_days=7, spares_automations=False)
    flow = story.flow(story.send("noon"), wait(hours=10), story.send("night"))

    def letters(at: datetime) -> list[tuple[str, list[timedelta]]]:
        steps = [each for each in dry_run(current(flow), maria, at=at).steps if each.subject]
        return [(each.refusal, [until - at for _why, until in each.delays]) for each in steps]

    assert letters(NOON) == [("", []), ("", [timedelta(hours=20), timedelta(days=3)])]
    assert letters(NOON - timedelta(days=10))[0] == ("The customer never agreed to this topic.", [])
    set_frequency_policy(messages=1, days=3, wait_days=0, spares_automations=False)
    [_first, (refusal, delays)] = letters(NOON)
    assert (len(delays), refusal.startswith("The customer has been sent as many")) == (1, True)
    set_frequency_policy(messages=1, days=3, wait_days=0, spares_automations=True)
    assert letters(NOON)[1] == ("", [timedelta(hours=20)])
    left_at = NOON - timedelta(days=2)
    message = MessageFactory(customer=maria)
    FrequencySlot.objects.create(
        policy=policy, customer=maria, number=1, message=message, free_at=left_at + timedelta(days=3)
    )
    set_frequency_policy(messages=1, days=3, wait_days=7, spares_automations=False)
    assert letters(NOON)[0] == ("", [timedelta(days=1)])
    assert letters(left_at - timedelta(days=1))[0] == ("", [])


def test_who_is_on_the_way_stays_on_their_version(story: Story, maria: Customer) -> None:
    flow = story.flow(wait(days=1), tag("t", "old"), trigger={"on": "hand"})
    enrol_by_hand(flow, [maria.pk])
    change_flow(flow, name=flow.name, definition={"trigger": {"on": "hand"}, "steps": [tag("t", "new")]})
    newcomer = CustomerFactory()
    enrol_by_hand(switch_on_flow(flow), [newcomer.pk])
    story.later(days=1)

    tagged = {each.customer_id: each.version.number for each in Enrolment.objects.select_related("version")}
    assert tagged == {maria.pk: 1, newcomer.pk: 2}
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"done"}


def test_entering_twice_within_one_call_is_once(story: Story, maria: Customer) -> None:
    flow = Flow.objects.select_related("current").get(pk=story.flow(wait(days=1), trigger={"on": "hand"}).pk)

    entrants = [Entrant(maria.pk, timezone.now(), f"hand:{number}") for number in range(3)]
    assert len(enrol(flow, entrants, now=NOON)) == 1
