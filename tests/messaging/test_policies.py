from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from customers.actions import merge_customers, undo_merge
from messaging import actions
from messaging.actions.claiming import claim_messages, new_token
from messaging.actions.outcomes import Mark, advance_messages
from messaging.eligibility import kept_back
from messaging.models import FrequencyPolicy, FrequencySlot, Message, Priority, QuietHours
from messaging.policies import quiet_until
from messaging.reasons import Reason
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, newsletter_for

pytestmark = pytest.mark.usefixtures("workspace")

NIGHT = (22, 8)
NOON_TO_TWO = (12, 14)


@pytest.mark.parametrize(
    ("now", "zone", "quiet", "until"),
    [
        ("2026-06-10 19:59", "Europe/Berlin", NIGHT, None),
        ("2026-06-10 20:00", "Europe/Berlin", NIGHT, "2026-06-11 06:00"),
        ("2026-06-11 05:59", "Europe/Berlin", NIGHT, "2026-06-11 06:00"),
        ("2026-06-11 06:00", "Europe/Berlin", NIGHT, None),
        ("2026-06-10 10:00", "Europe/Berlin", NOON_TO_TWO, "2026-06-10 12:00"),
        ("2026-06-10 12:00", "Europe/Berlin", NOON_TO_TWO, None),
        # Clocks go from 2 to 3: what would end at 2 ends with the gap.
        ("2026-03-29 00:30", "Europe/Berlin", (22, 2), "2026-03-29 01:00"),
        # Clocks go back from 3 to 2, and 2 o'clock strikes twice: the first ends it, also for who asks in between.
        ("2026-10-24 23:30", "Europe/Berlin", (22, 2), "2026-10-25 00:00"),
        ("2026-10-25 00:30", "Europe/Berlin", (22, 3), "2026-10-25 02:00"),
        ("2026-10-25 00:30", "Europe/Berlin", (22, 2), None),
    ],
)
def test_quiet_hours_are_those_of_the_customer_s_clock(
    now: str, zone: str, quiet: tuple[int, int], until: str | None
) -> None:
    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    begins, ends = quiet
    assert quiet_until(instant(now), ZoneInfo(zone), begins=begins, ends=ends) == (instant(until) if until else None)


def everywhere_quiet() -> None:
    """Wherever the test's customers live, it is in these hours now."""
    hour = datetime.now(UTC).hour
    actions.set_quiet_hours(begins=hour, ends=(hour + 2) % 24)


def test_in_quiet_hours_what_has_a_topic_waits_for_their_end_and_the_rest_goes(workspace: Workspace) -> None:
    everywhere_quiet()
    customer = CustomerFactory(zone="UTC")
    marketing, asked_for = newsletter_for(customer), MessageFactory(customer=customer)

    held = kept_back([marketing, asked_for])

    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    assert {message_id: (hold.reason, hold.until) for message_id, hold in held.items()} == {
        marketing.pk: (Reason.QUIET_HOURS, until)
    }


def test_ending_the_quiet_hours_lets_go_what_waits() -> None:
    everywhere_quiet()
    message = newsletter_for(CustomerFactory(zone="UTC"))
    Message.objects.update(reason=Reason.QUIET_HOURS, not_before=datetime.now(UTC) + timedelta(hours=2))

    actions.end_quiet_hours()

    message.refresh_from_db()
    assert message.not_before <= datetime.now(UTC)
    assert kept_back([message]) == {}


def cap(messages: int = 1, days: int = 7, *, wait_days: int = 0, spares_automations: bool = False) -> FrequencyPolicy:
    return actions.set_frequency_policy(
        messages=messages, days=days, wait_days=wait_days, spares_automations=spares_automations
    )


def leaving(*messages: Message) -> set[int]:
    """Those of them that may leave, asked of the database at the last moment."""
    token = new_token()
    claim_messages(limit=100, token=token)
    return advance_messages(token=token, marks=[Mark(each.pk) for each in messages], has_caps=True)


def test_no_more_reach_a_customer_than_the_cap_and_others_are_not_concerned() -> None:
    cap(2)
    maria, otto = CustomerFactory(), CustomerFactory()
    first, second, third = (newsletter_for(maria) for _ in range(3))
    other, asked_for = newsletter_for(otto), MessageFactory(customer=maria)

    assert leaving(first, second, third, other, asked_for) == {first.pk, second.pk, other.pk, asked_for.pk}
    third.refresh_from_db()
    assert {pk: hold.reason for pk, hold in kept_back([third]).items()} == {third.pk: Reason.CAPPED}


def test_the_most_urgent_takes_the_last_place() -> None:
    cap(1)
    customer = CustomerFactory()
    campaign = newsletter_for(customer, priority=Priority.CAMPAIGN)
    reminder = newsletter_for(customer, priority=Priority.AUTOMATION)

    assert set(kept_back([campaign, reminder])) == {campaign.pk}
    assert leaving(campaign, reminder) == {reminder.pk}


def test_an_automation_that_is_spared_counts_and_goes_where_it_is_full() -> None:
    cap(1, spares_automations=True)
    customer = CustomerFactory()
    reminders = [newsletter_for(customer, priority=Priority.AUTOMATION) for _ in range(2)]
    campaign = newsletter_for(customer, priority=Priority.CAMPAIGN)

    assert leaving(*reminders, campaign) == {each.pk for each in reminders}


def test_of_two_policies_both_must_have_room_and_a_refused_message_holds_no_place() -> None:
    cap(1, days=1)
    weekly = cap(2, days=7)
    customer = CustomerFactory()
    first, second = newsletter_for(customer), newsletter_for(customer)

    assert leaving(first, second) == {first.pk}
    assert list(FrequencySlot.objects.filter(policy=weekly).values_list("message", flat=True)) == [first.pk]


def test_a_place_is_free_again_once_its_time_is_over() -> None:
    cap(1)
    customer = CustomerFactory()
    assert leaving(first := newsletter_for(customer)) == {first.pk}
    FrequencySlot.objects.update(free_at=datetime.now(UTC) - timedelta(hours=1))

    assert leaving(second := newsletter_for(customer)) == {second.pk}
    assert list(FrequencySlot.objects.values_list("message", flat=True)) == [second.pk]


def test_asking_again_for_the_same_message_takes_no_second_place() -> None:
    policy = cap(2)
    customer = CustomerFactory()
    message = newsletter_for(customer)
    leaving(message)
    Message.objects.update(state="queued", lease_token="", lease_expires_at=None)

    assert leaving(message) == {message.pk}
    assert FrequencySlot.objects.filter(policy=policy).count() == 1


def test_what_was_cancelled_gives_its_place_back() -> None:
    cap(1)
    customer = CustomerFactory()
    message = newsletter_for(customer)
    leaving(message)
    Message.objects.update(state="queued", lease_token="", lease_expires_at=None)

    actions.cancel_messages(Message.objects.all(), reason=Reason.CANCELLED)

    assert leaving(other := newsletter_for(customer)) == {other.pk}


@pytest.mark.parametrize(("wait_days", "waits"), [(0, False), (2, False), (7, True)])
def test_without_room_a_message_waits_only_as_long_as_it_may(wait_days: int, *, waits: bool) -> None:
    cap(1, wait_days=wait_days)
    customer = CustomerFactory()
    leaving(newsletter_for(customer))
    FrequencySlot.objects.update(free_at=datetime.now(UTC) + timedelta(days=3))
    free_at = FrequencySlot.objects.get().free_at

    held = kept_back([message := newsletter_for(customer)])

    assert (held[message.pk].reason, held[message.pk].until) == (Reason.CAPPED, free_at if waits else None)


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_is_asked_about_in_as_many_queries_as_one(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cap(1, wait_days=7)
    actions.set_quiet_hours(begins=(datetime.now(UTC).hour + 3) % 24, ends=(datetime.now(UTC).hour + 4) % 24)
    customers = [CustomerFactory(zone="UTC") for _ in range(count)]
    leaving(*(newsletter_for(customer) for customer in customers))
    messages = [newsletter_for(customer) for customer in customers]

    with django_assert_num_queries(10):
        assert len(kept_back(messages)) == count


def test_a_merge_takes_the_places_along_and_its_undoing_gives_them_back() -> None:
    cap(2)
    maria, double = CustomerFactory(), CustomerFactory()
    leaving(newsletter_for(maria), newsletter_for(double))

    merge = merge_customers(survivor=maria, absorbed=double)
    assert sorted(FrequencySlot.objects.filter(customer=maria).values_list("number", flat=True)) == [1, 2]

    undo_merge(merge)
    assert FrequencySlot.objects.filter(customer=double).count() == 1


def test_a_merge_keeps_the_places_that_become_free_last_and_leaves_none_behind() -> None:
    policy = cap(2)
    maria, double = CustomerFactory(), CustomerFactory()
    for hours, whose in ((1, maria), (30, double), (20, double)):
        message = newsletter_for(whose)
        leaving(message)
        free_at = datetime.now(UTC) + timedelta(hours=hours)
        FrequencySlot.objects.filter(message=message).update(free_at=free_at)
    before = dict(FrequencySlot.objects.filter(customer=double).values_list("pk", "free_at"))

    merge_customers(survivor=maria, absorbed=double)

    assert dict(FrequencySlot.objects.values_list("pk", "free_at")) == before
    assert set(FrequencySlot.objects.values_list("customer", "policy", "number")) == {
        (maria.pk, policy.pk, 1),
        (maria.pk, policy.pk, 2),
    }
    assert leaving(newsletter_for(maria)) == set()


def test_a_policy_for_as_many_days_replaces_the_one_before() -> None:
    cap(3)
    cap(1)

    assert list(FrequencyPolicy.objects.values_list("messages", "days")) == [(1, 7)]


@pytest.mark.parametrize(
    ("address", "words", "answer"),
    [
        ("quiet-hours/", {"begins": "8", "ends": "8"}, "Choose another hour"),
        ("quiet-hours/", {"begins": "24", "ends": "8"}, "Select a valid choice"),
        ("", {"messages": "0", "days": "7", "wait_days": "0"}, "greater than or equal to 1"),
        ("", {"messages": "2", "days": "365", "wait_days": "0"}, "less than or equal to 90"),
        ("", {"messages": "2", "days": "", "wait_days": "x"}, "This field is required"),
    ],
)
def test_what_makes_no_sense_is_answered_and_nothing_is_lost(
    owner_browser: Browser, address: str, words: dict[str, str], answer: str
) -> None:
    page = owner_browser.post(f"/w/bakery/messages/limits/{address}", words)

    assert page.status_code == 422
    assert answer in page.content.decode()


def test_limits_are_set_and_lifted_on_their_page(owner_browser: Browser) -> None:
    def page() -> str:
        return owner_browser.get("/w/bakery/messages/limits/").content.decode()

    assert "None: messages are sent at any hour." in page()

    owner_browser.post("/w/bakery/messages/limits/quiet-hours/", {"begins": "22", "ends": "8"})
    owner_browser.post("/w/bakery/messages/limits/", {"messages": "3", "days": "7", "wait_days": "2"})
    told = page()
    assert "From 22:00 until 8:00" in told
    assert "3 messages" in told
    assert "waits up to 2 days" in told

    policy = FrequencyPolicy.objects.get()
    owner_browser.post(f"/w/bakery/messages/limits/{policy.pk}/removal/")
    owner_browser.post("/w/bakery/messages/limits/quiet-hours/end/")
    assert (FrequencyPolicy.objects.count(), QuietHours.objects.count()) == (0, 0)
