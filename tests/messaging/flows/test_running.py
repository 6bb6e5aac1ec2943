"""Into a flow, along its steps, and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.public_ids import encode_id
from customers.actions.segments import add_segment, list_customers, unlist_customers
from customers.models import Customer, CustomerTag
from messaging.actions.flows import enrol_by_hand, switch_off_flow, try_step_again
from messaging.actions.travelling import advance_enrolments
from messaging.eligibility import refusals
from messaging.events import MessageOpened
from messaging.flows import steps
from messaging.models import Enrolment, EnrolmentState, Message, SubscriptionTopic
from sales.actions.orders import cancel_order, fulfil_order
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory
from tests.messaging.flows.conftest import NOON, Story, tag, trail, wait
from timeline.models import Event
from timeline.recording import record

BY_HAND = {"on": "hand"}


def agrees(customer: Customer) -> None:
    ConsentFactory(customer=customer, topic=SubscriptionTopic.objects.get(key="newsletter"))


def told(customer: Customer) -> list[str]:
    events = Event.objects.filter(kind__startswith="Flow", customer_id=customer.pk).order_by("pk")
    return [event.kind for event in events]


def test_a_cart_brings_somebody_in_and_the_wait_counts_from_when_it_was_touched(story: Story, maria: Customer) -> None:
    flow = story.flow(wait(hours=4), story.send())
    story.touch(maria)
    story.work()
    enrolment = Enrolment.objects.get()
    assert (enrolment.flow, enrolment.customer, enrolment.step) == (flow, maria, "w")
    assert enrolment.due_at == NOON + timedelta(hours=4)

    story.later(hours=4, seconds=-1)
    assert not Message.objects.exists()
    story.later(seconds=1)

    message = Message.objects.get()
    assert (message.customer, message.step, message.purpose) == (maria, "s", "flow")
    assert message.dedupe_key == f"flow:{enrolment.pk}:s"
    assert trail(enrolment) == [("w", "waited"), ("s", "queued")]
    assert (enrolment.state, enrolment.reason) == (EnrolmentState.DONE, "completed")
    assert told(maria) == ["FlowEntered", "FlowCompleted"]


def test_what_happened_before_the_flow_was_on_brings_nobody_nor_does_what_is_told_days_late(
    story: Story, maria: Customer
) -> None:
    story.flow(tag())
    story.touch(maria, "old", at=NOON - timedelta(minutes=1))
    story.later(days=10)
    story.touch(CustomerFactory(), "late", at=NOON + timedelta(days=6))
    story.work()

    assert not Enrolment.objects.exists()


def test_only_those_who_fit_the_entry_filter_come_in(story: Story, maria: Customer) -> None:
    berliner = CustomerFactory(city="Berlin")
    in_berlin = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}
    story.flow(wait(hours=1), filter=in_berlin)

    story.touch(maria)
    story.touch(berliner, "c-2")
    story.work()

    assert Enrolment.objects.get().customer == berliner


def test_a_branch_parts_them_by_what_holds_for_each(story: Story, maria: Customer) -> None:
    berliner = CustomerFactory(city="Berlin")
    in_berlin = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}
    fork = {"key": "b", "do": "branch", "if": in_berlin, "then": [tag("t1", "near")], "else": [tag("t2", "far")]}
    flow = story.flow(fork, tag("t3", "all"), trigger=BY_HAND)

    enrol_by_hand(flow, [maria.pk, berliner.pk])
    story.work()

    tags = CustomerTag.objects.order_by("tag__name").values_list("tag__name", "customer")
    assert set(tags) == {("near", berliner.pk), ("far", maria.pk), ("all", maria.pk), ("all", berliner.pk)}


@pytest.mark.parametrize(
    ("fulfilled_after", "way"),
    [(2, [("f", "happened"), ("t1", "tagged")]), (9, [("f", "timed_out"), ("t2", "tagged")])],
)
def test_a_wait_for_an_event_goes_on_when_it_happens_or_when_its_time_is_over(
    story: Story, maria: Customer, fulfilled_after: int, way: Sequence[tuple[str, str]]
) -> None:
    forked: dict[str, Any] = {"key": "f", "do": "wait_for", "event": "OrderFulfilled", "days": 7}
    forked |= {"then": [tag("t1")], "else": [tag("t2")]}
    story.flow(forked, trigger={"on": "event", "event": "OrderPlaced"})
    order = story.order(maria)
    story.work()

    for day in range(1, 11):
        story.clock.shift(timedelta(days=1))
        if day == fulfilled_after:
            fulfil_order(order)
        story.work()

    assert trail(Enrolment.objects.get()) == way


def test_a_split_sends_each_the_same_way_however_often_it_is_looked_at(story: Story) -> None:
    split = {"key": "p", "do": "split", "percent": 30, "then": [tag("t1", "first")], "else": []}
    flow = story.flow(split, trigger=BY_HAND)
    enrol_by_hand(flow, [CustomerFactory().pk for _ in range(60)])
    story.work()

    def goes_first(each: Enrolment) -> bool:
        return steps.goes_first_way(each.customer_id, flow.pk, "p", 30)

    first = {each.pk for each in Enrolment.objects.all() if each.trail[0][::2] == ["p", "first"]}
    assert first == {each.pk for each in Enrolment.objects.all() if goes_first(each)}
    assert 5 < len(first) < 35


def test_an_exit_rule_ends_the_way_and_keeps_back_what_waits_in_the_queue(story: Story, maria: Customer) -> None:
    story.flow(story.send(), wait(days=1), story.send("s2"), exits=[{"event": "OrderPlaced"}])
    story.touch(maria)
    story.work()
    assert Message.objects.get().state == "queued"

    story.order(maria)
    story.work()

    message, enrolment = Message.objects.get(), Enrolment.objects.get()
    assert (message.state, message.reason) == ("skipped", "exit_rule")
    assert (enrolment.state, enrolment.reason) == (EnrolmentState.EXITED, "exit_rule")
    assert told(maria) == ["FlowEntered", "FlowExited"]


def test_an_exit_rule_is_tested_again_when_a_message_is_about_to_leave(story: Story, maria: Customer) -> None:
    """The order is there, and nobody has heard of it yet."""
    story.flow(story.send(), exits=[{"event": "OrderPlaced"}])
    story.touch(maria)
    story.work()
    assert refusals([Message.objects.get()]) == {Message.objects.get().pk: "no_consent"}
    agrees(maria)
    assert refusals([Message.objects.get()]) == {}

    story.order(maria)

    assert refusals([Message.objects.get()]) == {Message.objects.get().pk: "exit_rule"}


def test_what_ends_a_flow_may_be_told_before_what_begins_it(story: Story, maria: Customer) -> None:
    story.flow(wait(hours=4), story.send(), exits=[{"event": "OrderPlaced"}])
    story.clock.shift(timedelta(hours=1))
    story.order(maria, at=NOON + timedelta(minutes=30))
    story.work()

    story.touch(maria, at=NOON + timedelta(minutes=20))
    story.work()

    assert Enrolment.objects.get().reason == "exit_rule"


def test_what_happened_before_somebody_entered_does_not_end_their_way(story: Story, maria: Customer) -> None:
    story.flow(wait(hours=4), exits=[{"event": "OrderPlaced"}])
    story.clock.shift(timedelta(hours=1))
    story.touch(maria, at=NOON + timedelta(minutes=50))
    story.order(maria, at=NOON + timedelta(minutes=20))
    story.work()

    assert Enrolment.objects.get().is_on_the_way


def test_leaving_a_segment_or_entering_one_ends_the_way(story: Story, maria: Customer) -> None:
    otto = CustomerFactory()
    guests, staff = add_segment(name="Guests"), add_segment(name="Staff")
    list_customers(guests, [maria.pk, otto.pk])
    exits = [{"left": encode_id("seg", guests.pk)}, {"entered": encode_id("seg", staff.pk)}]
    flow = story.flow(wait(days=9), trigger=BY_HAND, exits=exits)
    enrol_by_hand(flow, [maria.pk, otto.pk])
    story.work()
    assert Enrolment.objects.waiting().count() == 2

    unlist_customers(guests, [maria.pk])
    list_customers(staff, [otto.pk])
    story.work()

    assert set(Enrolment.objects.values_list("reason", flat=True)) == {"exit_rule"}


def test_a_goal_ends_the_way_and_counts_also_when_it_comes_soon_after_the_end(story: Story, maria: Customer) -> None:
    otto = CustomerFactory()
    flow = story.flow(tag(), trigger=BY_HAND, goal={"event": "OrderPlaced", "within_days": 5})
    waiting = story.flow(wait(days=9), trigger=BY_HAND, goal={"event": "OrderPlaced"})
    enrol_by_hand(flow, [maria.pk, otto.pk])
    enrol_by_hand(waiting, [maria.pk])
    story.work()

    story.later(days=4)
    story.order(maria)
    story.later(days=3)
    story.order(otto, "A-2")
    story.work()

    assert Enrolment.objects.get(flow=waiting).reason == "goal"
    reached = Enrolment.objects.filter(flow=flow).exclude(reached_goal_at=None)
    assert [each.customer for each in reached] == [maria]


def test_a_step_that_ends_the_flow_does_not_take_back_what_was_sent_before_it(story: Story, maria: Customer) -> None:
    flow = story.flow(story.send(), {"key": "x", "do": "exit"}, trigger=BY_HAND)
    enrol_by_hand(flow, [maria.pk])
    story.work()
    agrees(maria)

    assert Enrolment.objects.get().reason == "exit_step"
    assert refusals([Message.objects.get()]) == {}


def test_a_profile_is_changed_and_a_colleague_told(story: Story, maria: Customer, owner: Any) -> None:
    flow = story.flow(
        {"key": "u", "do": "update", "field": "source_channel", "value": "came back"},
        {"key": "n", "do": "notify", "member": owner.email, "subject": "A guest", "text": "Call them, please."},
        {"key": "t", "do": "untag", "tag": "lost"},
        trigger=BY_HAND,
    )
    enrol_by_hand(flow, [maria.pk])
    story.work()

    maria.refresh_from_db()
    assert maria.source_channel == "came back"
    notice = Message.objects.get()
    assert (notice.address, notice.topic, notice.customer) == (owner.email, None, None)
    assert notice.context["customer"]["name"] == "Maria Rossi"
    assert f"/w/bakery/customers/{maria.pk}/" in notice.context["notice"]["customer_url"]


def test_switched_off_they_go_on_or_leave_as_was_chosen(story: Story, maria: Customer) -> None:
    stays, goes = story.flow(wait(days=1), tag()), story.flow(wait(days=1), tag())
    story.touch(maria)
    story.work()

    switch_off_flow(stays, is_left=False)
    switch_off_flow(goes, is_left=True)
    story.touch(CustomerFactory(), "c-2")
    story.later(days=1)

    assert Enrolment.objects.get(flow=stays).reason == "completed"
    assert Enrolment.objects.get(flow=goes).reason == "switched_off"


def test_a_step_that_fails_is_set_back_and_holds_up_nobody(
    story: Story, maria: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = steps.goes_first_way

    def fails_for_maria(customer_id: int, flow_id: int, key: str, percent: int) -> bool:
        if customer_id == maria.pk:
            raise ValueError("not her")
        return real(customer_id, flow_id, key, percent)

    monkeypatch.setattr(steps, "goes_first_way", fails_for_maria)
    others = [CustomerFactory().pk for _ in range(3)]
    flow = story.flow({"key": "p", "do": "split", "percent": 50}, trigger=BY_HAND)
    enrol_by_hand(flow, [maria.pk, *others])

    for _ in range(5):
        story.later(hours=1)

    stuck = Enrolment.objects.get(customer=maria)
    assert (stuck.state, stuck.attempts) == (EnrolmentState.STUCK, 5)
    assert "not her" in stuck.error
    assert sorted(Enrolment.objects.filter(state="done").values_list("customer", flat=True)) == others

    monkeypatch.setattr(steps, "goes_first_way", real)
    try_step_again(stuck)
    story.work()
    assert trail(stuck)[-1][0] == "p"
    assert stuck.state == EnrolmentState.DONE


@pytest.mark.parametrize("count", [1, 3])
def test_a_tick_asks_as_much_for_three_as_for_one(story: Story, count: int, django_assert_num_queries: Any) -> None:
    flow = story.flow(wait(hours=1), tag(), story.send(), wait("w2", days=1), trigger=BY_HAND)
    story.work()
    enrol_by_hand(flow, [CustomerFactory().pk for _ in range(count)])
    story.clock.shift(timedelta(hours=1))
    advance_enrolments(now=timezone.now())

    enrol_by_hand(flow, [CustomerFactory().pk for _ in range(count)])
    story.clock.shift(timedelta(hours=1))
    with django_assert_num_queries(24):
        assert advance_enrolments(now=timezone.now()) == count


def test_an_order_that_is_cancelled_takes_its_follow_up_with_it(story: Story, maria: Customer) -> None:
    story.flow(
        wait(days=7),
        story.send(),
        trigger={"on": "event", "event": "OrderPlaced"},
        reentry={"policy": "every_time", "by": "order"},
        exits=[{"event": "OrderCancelled"}],
    )
    order = story.order(maria)
    story.later(days=1)
    cancel_order(order)
    story.work()
    story.later(days=7)

    assert not Message.objects.exists()
    assert Enrolment.objects.get().reason == "exit_rule"


def test_a_branch_asks_what_became_of_the_flow_s_own_message(story: Story, maria: Customer) -> None:
    otto = CustomerFactory()
    fork = {"key": "b", "do": "branch", "message": {"was": "opened"}, "then": [tag("t1", "read")], "else": []}
    flow = story.flow(story.send(), wait(days=1), fork, trigger=BY_HAND)
    enrol_by_hand(flow, [maria.pk, otto.pk])
    story.work()
    Message.objects.filter(customer=maria).update(clicked_at=NOON)
    MessageFactory(customer=otto, opened_at=NOON)
    story.later(days=1)

    assert [each.customer for each in CustomerTag.objects.all()] == [maria]


def test_a_wait_for_an_opening_is_ended_by_the_flow_s_own_message_only(story: Story, maria: Customer) -> None:
    forked = {"key": "f", "do": "wait_for", "event": "MessageOpened", "days": 7, "then": [tag("t1")], "else": []}
    flow = story.flow(story.send(), forked, trigger=BY_HAND)
    enrol_by_hand(flow, [maria.pk])
    story.work()
    own, other = Message.objects.get(), MessageFactory(customer=maria)

    record(MessageOpened(customer_id=maria.pk, message_id=other.pk, purpose="campaign"))
    story.work()
    assert Enrolment.objects.get().is_on_the_way

    record(MessageOpened(customer_id=maria.pk, message_id=own.pk, purpose="flow"))
    story.work()
    assert trail(Enrolment.objects.get())[-1] == ("t1", "tagged")
