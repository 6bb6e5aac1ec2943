from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from accounts.doorbells import due_workspaces
from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.actions import edit_customer
from customers.models import Customer
from customers.normalising import Birthday
from messaging import actions, tasks
from messaging.actions import birthdays
from messaging.eligibility import refusals
from messaging.models import BirthdayGreeting, ConsentSource, ConsentState, Message, MessageState, SubscriptionTopic
from messaging.purposes import Purpose
from messaging.queries import birthday_key, mornings
from messaging.reasons import Reason
from messaging.refusals import NoTopic
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory
from timeline.models import Event

Drained = Callable[[], AbstractContextManager[None]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


STAFF = actions.Evidence(source=ConsentSource.STAFF)
# In Berlin, the workspace's zone, it is 9 o'clock.
NINE = at("2026-03-12 08:00")


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    return TopicFactory(key="greetings")


@pytest.fixture
def greeting(topic: SubscriptionTopic) -> BirthdayGreeting:
    return actions.switch_on_greeting()


def celebrant(greeting: BirthdayGreeting, monthday: int = 312, **fields: Any) -> Customer:
    customer = CustomerFactory(birth_monthday=monthday, **fields)
    ConsentFactory(customer=customer, topic=greeting.topic, at=at("2020-01-01 00:00"))
    return customer


def greeted() -> list[int]:
    return sorted(Message.objects.filter(purpose=Purpose.BIRTHDAY).values_list("customer", flat=True))


def reason_of(message: Message) -> Reason | None:
    return refusals([message]).get(message.pk)


def sent(message: Message) -> None:
    for state in ("leased", "sending", "sent"):
        in_hand = {"lease_token": "a worker", "lease_expires_at": NINE} if state != "sent" else {}
        Message.objects.filter(pk=message.pk).update(
            state=state,
            **({"lease_token": "", "lease_expires_at": None, "sent_at": NINE} if state == "sent" else in_hand),
        )


# Whose morning it is -------------------------------------------------------------------------------------------------


def test_a_greeting_is_queued_when_the_hour_strikes(greeting: BirthdayGreeting) -> None:
    customer = celebrant(greeting)
    celebrant(greeting, 313)

    assert actions.greet_birthdays(now=NINE - timedelta(seconds=1)) == 0
    assert actions.greet_birthdays(now=NINE) == 1
    assert actions.greet_birthdays(now=NINE + timedelta(minutes=15)) == 0

    message = Message.objects.get()
    assert (message.customer, message.topic, message.address) == (customer, greeting.topic, customer.email)
    assert message.dedupe_key == birthday_key(customer.pk, 2026) == f"birthday:{customer.pk}:2026"
    event = Event.objects.get(kind="BirthdayReached")
    assert (event.customer_id, event.payload) == (customer.pk, {"year": 2026, "message_id": message.pk})
    with time_machine.travel(NINE):
        assert reason_of(message) is None


@pytest.mark.parametrize(
    ("zone", "monthday", "before", "strikes"),
    [
        ("America/New_York", 312, "2026-03-12 12:59", "2026-03-12 13:00"),
        ("Asia/Kathmandu", 312, "2026-03-12 03:14", "2026-03-12 03:15"),
        # Where the day begins long before, and ends long after, UTC's.
        ("Pacific/Kiritimati", 312, "2026-03-11 18:59", "2026-03-11 19:00"),
        ("Pacific/Pago_Pago", 312, "2026-03-12 19:59", "2026-03-12 20:00"),
        # The clocks are put forward, and back, that night.
        ("Europe/Berlin", 329, "2026-03-29 06:59", "2026-03-29 07:00"),
        ("Europe/Berlin", 1025, "2026-10-25 07:59", "2026-10-25 08:00"),
        # 29 February, in a common year and in a leap year.
        ("Europe/Berlin", 229, "2026-02-28 07:59", "2026-02-28 08:00"),
        ("Europe/Berlin", 229, "2028-02-29 07:59", "2028-02-29 08:00"),
        ("", 312, "2026-03-12 07:59", "2026-03-12 08:00"),
        ("Mars/Olympus", 312, "2026-03-12 07:59", "2026-03-12 08:00"),
    ],
)
def test_the_hour_is_the_customer_s(
    zone: str, monthday: int, before: str, strikes: str, greeting: BirthdayGreeting
) -> None:
    celebrant(greeting, monthday, zone=zone)

    assert actions.greet_birthdays(now=at(before)) == 0
    assert actions.greet_birthdays(now=at(strikes)) == 1


def test_in_a_leap_year_the_28th_is_not_the_29th(greeting: BirthdayGreeting) -> None:
    celebrant(greeting, 229)

    assert actions.greet_birthdays(now=at("2028-02-28 20:00")) == 0


@pytest.mark.parametrize(
    ("hour", "day", "strikes"),
    [
        # 2 o'clock does not exist: the first instant after the gap, 3 o'clock summer time.
        (2, 329, "2026-03-29 01:00"),
        # 2 o'clock exists twice: the first.
        (2, 1025, "2026-10-25 00:00"),
    ],
)
def test_an_hour_in_the_gap_and_one_that_comes_twice(
    hour: int, day: int, strikes: str, greeting: BirthdayGreeting
) -> None:
    BirthdayGreeting.objects.update(send_hour=hour)
    celebrant(greeting, day)

    assert actions.greet_birthdays(now=at(strikes) - timedelta(seconds=1)) == 0
    assert actions.greet_birthdays(now=at(strikes)) == 1
    assert actions.greet_birthdays(now=at(strikes) + timedelta(hours=1)) == 0


def test_wherever_somebody_lives_it_is_morning_once_on_a_quarter_of_an_hour(greeting: BirthdayGreeting) -> None:
    """Run as the workers do, for as long as it is that day somewhere, with a zone of every offset there is."""
    by_offset = {NINE.astimezone(ZoneInfo(name)).utcoffset(): name for name in sorted(available_timezones())}
    zones = sorted(by_offset.values())
    Customer.objects.bulk_create(
        Customer(
            name=zone,
            email=f"{n}@mail.example",
            email_norm=f"{n}@mail.example",
            zone=zone,
            birth_monthday=312,
            joined_on=date(2026, 1, 1),
        )
        for n, zone in enumerate(zones)
    )
    moment, end = at("2026-03-11 12:00"), at("2026-03-13 12:00")

    while moment < end:
        actions.greet_birthdays(now=moment)
        moment += timedelta(minutes=15)

    for message in Message.objects.select_related("customer"):
        assert message.customer
        there = message.not_before.astimezone(ZoneInfo(message.customer.zone))
        assert (there.month, there.day, there.hour) == (3, 12, 9), message.customer.zone
        assert there.minute < 15
    assert Message.objects.count() == len(zones)


@pytest.mark.parametrize(
    "fields", [{"archived_at": NINE}, {"erased_at": NINE}, {"email": "", "email_norm": ""}, {"birth_monthday": None}]
)
def test_who_is_not_there_or_cannot_get_mail_is_left_out(fields: dict[str, Any], greeting: BirthdayGreeting) -> None:
    Customer.objects.filter(pk=celebrant(greeting).pk).update(**fields)

    assert actions.greet_birthdays(now=NINE) == 0


def test_who_never_agreed_has_a_message_that_says_so(greeting: BirthdayGreeting) -> None:
    CustomerFactory(birth_monthday=312)

    actions.greet_birthdays(now=NINE)

    with time_machine.travel(NINE):
        assert reason_of(Message.objects.get()) == Reason.NO_CONSENT


def test_who_has_yet_to_confirm_may_still_do_so_today(greeting: BirthdayGreeting) -> None:
    customer = CustomerFactory(birth_monthday=312)
    ConsentFactory(customer=customer, topic=greeting.topic, state=ConsentState.PENDING, at=at("2026-03-12 07:00"))

    assert actions.greet_birthdays(now=NINE) == 0
    ConsentFactory(customer=customer, topic=greeting.topic, at=at("2026-03-12 11:00"))
    assert actions.greet_birthdays(now=at("2026-03-12 11:15")) == 1


def test_work_is_done_in_steps_and_can_be_taken_up_again(greeting: BirthdayGreeting) -> None:
    for _ in range(3):
        celebrant(greeting)

    assert [actions.greet_birthdays(now=NINE, limit=2) for _ in range(3)] == [2, 1, 0]
    assert len(greeted()) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow(
    count: int, greeting: BirthdayGreeting, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        celebrant(greeting)

    with django_assert_num_queries(17):
        actions.greet_birthdays(now=NINE)


def test_another_workspace_s_customers_are_its_own(greeting: BirthdayGreeting, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        CustomerFactory(birth_monthday=312, zone="Asia/Tokyo")

    assert mornings(9, now=NINE) == []
    assert actions.greet_birthdays(now=NINE) == 0


# Once a year ---------------------------------------------------------------------------------------------------------


def test_next_year_again(greeting: BirthdayGreeting) -> None:
    celebrant(greeting)

    actions.greet_birthdays(now=NINE)
    actions.greet_birthdays(now=at("2027-03-12 08:00"))

    assert sorted(Message.objects.values_list("context__day", flat=True)) == ["2026-03-12", "2027-03-12"]


def test_a_birthday_moved_over_new_year_is_not_greeted_twice(greeting: BirthdayGreeting) -> None:
    customer = celebrant(greeting, 1231)
    with time_machine.travel(at("2026-12-31 08:00"), tick=False):
        actions.greet_birthdays(now=at("2026-12-31 08:00"))
        sent(Message.objects.get())
    Customer.objects.update(birth_monthday=102)

    with time_machine.travel(at("2027-01-02 08:00"), tick=False):
        actions.greet_birthdays(now=at("2027-01-02 08:00"))

        first, second = Message.objects.order_by("pk")
        assert second.dedupe_key == birthday_key(customer.pk, 2027)
        assert reason_of(second) == Reason.GREETED_LATELY
        assert reason_of(first) == Reason.BIRTHDAY_MOVED
    with time_machine.travel(at("2028-01-02 08:00"), tick=False):
        actions.greet_birthdays(now=at("2028-01-02 08:00"))
        assert reason_of(Message.objects.latest("pk")) is None


def test_what_was_never_sent_is_no_greeting(greeting: BirthdayGreeting) -> None:
    customer = celebrant(greeting)
    with time_machine.travel(at("2025-12-01 08:00")):
        MessageFactory(customer=customer, purpose=Purpose.BIRTHDAY)
    Message.objects.update(state=MessageState.SKIPPED, reason=Reason.NO_CONSENT)

    with time_machine.travel(NINE):
        actions.greet_birthdays(now=NINE)
        assert reason_of(Message.objects.latest("pk")) is None


def test_of_two_merged_customers_one_greeting_leaves(greeting: BirthdayGreeting) -> None:
    absorbed, survivor = celebrant(greeting), celebrant(greeting)
    with time_machine.travel(NINE):
        actions.greet_birthdays(now=NINE)
        Message.objects.update(customer=survivor)
        Customer.objects.filter(pk=absorbed.pk).update(merged_into=survivor)

        reasons = refusals(list(Message.objects.order_by("pk")))

    assert sorted(reasons.values()) == [Reason.ADDRESS_CHANGED, Reason.GREETED_LATELY]


# The day itself ------------------------------------------------------------------------------------------------------


def test_a_greeting_may_leave_until_the_hour_strikes_on_the_next_day(greeting: BirthdayGreeting) -> None:
    celebrant(greeting)
    actions.greet_birthdays(now=NINE)
    message = Message.objects.get()

    with time_machine.travel(at("2026-03-13 07:59")):
        assert reason_of(message) is None
    with time_machine.travel(at("2026-03-13 08:00")):
        assert reason_of(message) == Reason.TOO_LATE


@time_machine.travel(at("2026-03-12 14:00"))
def test_a_birthday_edited_to_today_after_the_morning_is_greeted_today(
    greeting: BirthdayGreeting, workspace: Workspace, drained: Drained
) -> None:
    customer = celebrant(greeting, 501)
    Doorbell.objects.all().delete()

    with drained():
        edit_customer(customer, birthday=Birthday(3, 12))

    assert Doorbell.objects.filter(queue=birthdays.QUEUE).exists()
    assert actions.greet_birthdays(now=at("2026-03-12 14:00")) == 1


@time_machine.travel(NINE)
def test_a_birthday_edited_away_takes_the_greeting_back_and_keeps_it_for_its_day(
    greeting: BirthdayGreeting, drained: Drained
) -> None:
    customer = celebrant(greeting)
    actions.greet_birthdays(now=NINE)

    with drained():
        edit_customer(customer, birthday=Birthday(6, 1))

    message = Message.objects.get()
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.RECONSIDERED)
    assert actions.greet_birthdays(now=at("2026-03-12 08:15")) == 0
    assert actions.greet_birthdays(now=at("2026-06-01 08:00")) == 1
    message.refresh_from_db()
    assert (message.state, message.context["day"]) == (MessageState.QUEUED, "2026-06-01")


@time_machine.travel(NINE)
def test_a_corrected_address_gets_the_greeting(greeting: BirthdayGreeting, drained: Drained) -> None:
    customer = celebrant(greeting)
    actions.greet_birthdays(now=NINE)

    with drained():
        edit_customer(customer, email="right@mail.example")
    actions.greet_birthdays(now=NINE)

    message = Message.objects.get()
    assert (message.state, message.address) == (MessageState.QUEUED, "right@mail.example")
    assert reason_of(message) is None
    assert Event.objects.filter(kind="BirthdayReached").count() == 1


# The switch ----------------------------------------------------------------------------------------------------------


def test_switching_on_sends_today_s(topic: SubscriptionTopic, workspace: Workspace) -> None:
    customer = CustomerFactory(birth_monthday=312)

    assert actions.greet_birthdays(now=NINE) == 0
    for _ in range(2):
        actions.switch_on_greeting()
    assert actions.greet_birthdays(now=at("2026-03-12 18:00")) == 1

    assert greeted() == [customer.pk]
    assert Event.objects.filter(kind="GreetingSwitchedOn").count() == 1


def test_switching_off_takes_back_what_has_not_left_and_on_again_sends_it(greeting: BirthdayGreeting) -> None:
    waiting, gone = celebrant(greeting), celebrant(greeting)
    actions.greet_birthdays(now=NINE)
    sent(Message.objects.get(customer=gone))

    assert [actions.switch_off_greeting() for _ in range(2)] == [1, 0]
    assert actions.greet_birthdays(now=NINE) == 0
    message = Message.objects.get(customer=waiting)
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.SWITCHED_OFF)

    actions.write_greeting(subject="New words", body="Hello", topic=greeting.topic, send_hour=9)
    actions.switch_on_greeting()
    assert actions.greet_birthdays(now=NINE) == 1

    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert message.template_version.subject == "New words"
    assert Message.objects.get(customer=gone).state == MessageState.SENT
    assert Event.objects.filter(kind="BirthdayReached").count() == 2


def test_a_message_that_slipped_through_the_switch_is_refused(greeting: BirthdayGreeting) -> None:
    celebrant(greeting)
    actions.greet_birthdays(now=NINE)
    BirthdayGreeting.objects.update(is_on=False)

    with time_machine.travel(NINE):
        assert reason_of(Message.objects.get()) == Reason.SWITCHED_OFF


def test_a_workspace_without_topics_is_told_to_add_one(workspace: Workspace) -> None:
    with pytest.raises(NoTopic, match="Add one first"):
        actions.switch_on_greeting()


# The task ------------------------------------------------------------------------------------------------------------


def test_the_task_greets_and_looks_again_at_the_next_quarter(
    greeting: BirthdayGreeting, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(birthdays, "STEP", 2)
    for _ in range(3):
        celebrant(greeting)

    with time_machine.travel(at("2026-03-12 08:07"), tick=False):
        tasks.greet_birthdays.run(workspace)

    assert len(greeted()) == 3
    assert [bell.due_at for bell in Doorbell.objects.filter(queue=birthdays.QUEUE)] == [at("2026-03-12 08:15")]


def test_switched_off_nobody_looks_again(greeting: BirthdayGreeting, workspace: Workspace) -> None:
    actions.switch_off_greeting()

    tasks.greet_birthdays.run(workspace)

    assert not Doorbell.objects.filter(queue=birthdays.QUEUE).exists()
    assert due_workspaces(birthdays.QUEUE) == []


# Consent that comes in the course of the day -------------------------------------------------------------------------


@pytest.mark.parametrize("word", [None, ConsentState.WITHDRAWN])
def test_who_agrees_on_their_birthday_is_greeted_that_day(
    word: ConsentState | None, greeting: BirthdayGreeting, workspace: Workspace, drained: Drained
) -> None:
    customer = CustomerFactory(birth_monthday=312)
    if word:
        ConsentFactory(customer=customer, topic=greeting.topic, state=word, at=at("2020-01-01 00:00"))
    with time_machine.travel(NINE, tick=False):
        actions.greet_birthdays(now=NINE)
        message = Message.objects.get()
        actions.skip_messages(Message.objects.all(), reason=refusals([message])[message.pk])
        assert actions.greet_birthdays(now=NINE + timedelta(hours=1)) == 0
        with drained():
            actions.give_consent(customer, [greeting.topic], evidence=STAFF)

        assert Doorbell.objects.filter(workspace=workspace, queue=birthdays.QUEUE, due_at__lte=NINE).exists()
        assert actions.greet_birthdays(now=NINE + timedelta(hours=2)) == 1
        assert actions.greet_birthdays(now=NINE + timedelta(hours=3)) == 0
        assert refusals([message]) == {}

    message.refresh_from_db()
    assert (message.state, message.reason, Message.objects.count()) == ("queued", "", 1)
    assert Event.objects.filter(kind="BirthdayReached").count() == 1


def test_who_agrees_after_another_refusal_is_not_greeted_again(greeting: BirthdayGreeting) -> None:
    customer = celebrant(greeting)
    actions.greet_birthdays(now=NINE)
    actions.skip_messages(Message.objects.all(), reason=Reason.UNSUBSCRIBED)

    actions.withdraw_consent(customer, [greeting.topic], evidence=STAFF)
    actions.give_consent(customer, [greeting.topic], evidence=STAFF)

    assert actions.greet_birthdays(now=NINE) == 0
