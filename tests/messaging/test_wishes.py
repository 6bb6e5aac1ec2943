"""How often customers want to be written to, as they say on their preference page: pauses, and less often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.actions import erase_customer, merge_customers, undo_merge
from customers.models import Customer
from messaging import actions, queries
from messaging.actions.claiming import claim_messages, new_token, release_messages
from messaging.actions.outcomes import Mark, Outcome, advance_messages
from messaging.eligibility import kept_back
from messaging.links import links_for
from messaging.models import ContactWish, FrequencyPolicy, FrequencySlot, Message, MessageState, Priority
from messaging.policies import Hold
from messaging.reasons import Reason
from messaging.tasks import end_pauses
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, newsletter_for
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def anna(workspace: Workspace) -> Customer:
    made: Customer = CustomerFactory(name="Anna", email="anna@mail.example")
    return made


Save = Callable[..., bytes]


@pytest.fixture
def save(anna: Customer, browser: Browser) -> Save:
    """Her preference page, saved with these fields; she agrees to the newsletter."""
    message = newsletter_for(anna, not_before=timezone.now() + timedelta(days=900))
    path = urlsplit(links_for([message])[message.pk].preferences_url).path

    def send(**fields: Any) -> bytes:
        data = {"name": "Anna", "topics": [message.topic_id], **fields}
        return bytes(browser.post(path, data, follow=True).content)

    send.path = path  # type: ignore[attr-defined]
    return send


def why(message: Message) -> Hold | None:
    return kept_back([message]).get(message.pk)


def leaving(*messages: Message) -> set[int]:
    token = new_token()
    claim_messages(limit=100, token=token)
    allowed = advance_messages(token=token, marks=[Mark(each.pk) for each in messages], has_caps=True)
    advance_messages(token=token, outcomes=[Outcome(pk, MessageState.SENT) for pk in allowed])
    release_messages(token=token)
    return allowed


def kinds() -> list[str]:
    told = Event.objects.filter(kind__in=("MessagesPaused", "PauseEnded", "LessOftenChosen", "LessOftenEnded"))
    return list(told.order_by("pk").values_list("kind", flat=True))


def test_a_pause_is_chosen_shown_and_taken_back(anna: Customer, save: Save, owner_browser: Browser) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        page = save(pause="30").decode()
        assert "Paused until April 1, 2026" in page
        assert "Stay paused until April 1, 2026" in page
        assert "60 days from today, until May 1, 2026" in page
        save()  # nothing said of it
        assert ContactWish.objects.get().paused_until == datetime(2026, 4, 1, 9, tzinfo=UTC)
        profile = owner_browser.get(f"/customers/{anna.pk}/").content.decode()
        assert "paused marketing messages until" in profile
        assert "Until April 1, 2026" in profile
        assert b"The pause is over" in save(resume="now")
        save(pause="0")

    assert ContactWish.objects.get().paused_until is None
    assert kinds() == ["MessagesPaused", "PauseEnded"]
    assert Event.objects.get(kind="PauseEnded").actor == f"customer:{anna.pk}"


def test_in_a_pause_nothing_with_a_topic_leaves_and_it_ends_by_itself(anna: Customer) -> None:
    campaign = newsletter_for(anna, priority=Priority.CAMPAIGN)
    reminder = newsletter_for(anna, priority=Priority.AUTOMATION)
    asked_for, other = MessageFactory(customer=anna), newsletter_for(CustomerFactory(), priority=Priority.CAMPAIGN)
    until = actions.pause_messages(anna, days=30).paused_until
    assert until

    assert [why(each) for each in (campaign, reminder)] == [Hold(Reason.PAUSED), Hold(Reason.PAUSED)]
    assert [why(each) for each in (asked_for, other)] == [None, None]
    with time_machine.travel(until - timedelta(days=2), tick=False):
        assert [why(each) for each in (campaign, reminder)] == [Hold(Reason.PAUSED), Hold(Reason.PAUSED, until)]
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert [why(each) for each in (campaign, reminder)] == [None, None]


def test_the_end_of_a_pause_is_told_once_and_whoever_is_next_is_rung_for(
    anna: Customer, other_workspace: Workspace
) -> None:
    absorbed, later = CustomerFactory(), CustomerFactory()
    actions.pause_messages(absorbed, days=20)
    until = actions.pause_messages(anna, days=30).paused_until
    next_one = actions.pause_messages(later, days=40).paused_until
    merge_customers(survivor=anna, absorbed=absorbed)
    with workspace_scope(other_workspace):
        theirs = actions.pause_messages(CustomerFactory(), days=30)
    assert until
    assert Doorbell.objects.filter(queue="pauses", due_at=until, workspace=anna.workspace).exists()

    with time_machine.travel(until, tick=False):
        for _ in range(2):
            end_pauses.run(anna.workspace)

    assert list(Event.objects.filter(kind="PauseRanOut").values_list("customer_id", flat=True)) == [anna.pk]
    rung = Doorbell.objects.filter(queue="pauses", workspace=anna.workspace)
    assert list(rung.values_list("due_at", flat=True)) == [next_one]
    with workspace_scope(other_workspace):
        assert ContactWish.objects.get().paused_until == theirs.paused_until


def test_what_waits_for_the_end_of_a_pause_goes_when_it_is_taken_back(anna: Customer) -> None:
    reminder, later = newsletter_for(anna, reason=Reason.PAUSED), timezone.now() + timedelta(days=2)
    Message.objects.update(not_before=later)
    actions.pause_messages(anna, days=1)

    actions.end_pause(anna)

    reminder.refresh_from_db()
    assert reminder.not_before <= timezone.now()


def test_less_often_is_one_message_in_a_week_counting_the_last(anna: Customer, save: Save) -> None:
    first = newsletter_for(anna)
    assert leaving(first) == {first.pk}

    assert b"checked" in save(pace="less_often")
    save(pace="less_often")

    second, urgent = newsletter_for(anna), newsletter_for(anna, priority=Priority.AUTOMATION)
    slot = FrequencySlot.objects.get()
    assert slot.message_id == first.pk
    assert why(second) == Hold(Reason.LESS_OFTEN, slot.free_at)
    assert leaving(second, urgent) == set()  # asked of the database at the last moment
    FrequencySlot.objects.update(free_at=datetime.now(UTC) - timedelta(hours=1))
    assert leaving(urgent) == {urgent.pk}
    save(pace="as_it_comes")
    assert why(second) is None
    assert kinds() == ["LessOftenChosen", "LessOftenEnded"]


def test_less_often_concerns_nobody_else_and_staff_s_limits_stay_theirs(anna: Customer, owner_browser: Browser) -> None:
    actions.write_less_often(anna)
    policy = actions.set_frequency_policy(messages=5, days=7, wait_days=0, spares_automations=False)

    others = [newsletter_for(otto) for otto in [CustomerFactory()] for _ in range(2)]

    assert leaving(*others) == {each.pk for each in others}
    assert queries.frequency_policies() == [policy]
    wish = FrequencyPolicy.objects.get(is_wish=True)
    assert owner_browser.post(f"/messages/limits/{wish.pk}/removal/").status_code == 404
    assert FrequencyPolicy.objects.filter(pk=wish.pk).exists()


def test_another_workspace_hears_nothing_of_it(anna: Customer, other_workspace: Workspace) -> None:
    actions.pause_messages(anna, days=30)
    actions.write_less_often(anna)
    with workspace_scope(other_workspace):
        namesake = CustomerFactory(email=anna.email)
        theirs = [newsletter_for(namesake) for _ in range(2)]
        assert kept_back(theirs) == {}
        assert not ContactWish.objects.exists()


def test_a_page_from_before_the_pause_is_saved_and_leaves_the_pause(anna: Customer, save: Save) -> None:
    until = actions.pause_messages(anna, days=30).paused_until

    page = save(name="Anna Bloom", pause="0", pace="less_often")

    assert b"The pause that you chose meanwhile goes on" in page
    wish = ContactWish.objects.get()
    assert (wish.paused_until, wish.is_less_often) == (until, True)
    anna.refresh_from_db()
    assert anna.name == "Anna Bloom"
    actions.end_pause(anna)
    assert b"Saved." in save(pause="")  # and one from within it, once it is over


@pytest.mark.parametrize("fields", [{"pause": "31"}, {"pause": "x"}, {"pace": "hourly"}, {"pause": ["30", "-1"]}])
def test_what_is_not_offered_changes_nothing(save: Save, browser: Browser, fields: dict[str, Any]) -> None:
    assert browser.post(save.path, {"name": "Anna", **fields}).status_code == 422  # type: ignore[attr-defined]
    assert not ContactWish.objects.exists()


def test_a_merge_keeps_the_wish_that_leaves_them_more_in_peace_and_an_erasure_none(anna: Customer) -> None:
    double = CustomerFactory()
    actions.pause_messages(anna, days=30)
    until = actions.pause_messages(double, days=60).paused_until
    actions.write_less_often(double)

    merge_customers(survivor=anna, absorbed=double)

    wish = ContactWish.objects.get(customer=anna)
    assert (wish.paused_until, wish.is_less_often) == (until, True)
    erase_customer(anna)
    assert not ContactWish.objects.filter(customer=anna).exists()


def test_a_birthday_ahead_is_greeted_if_the_pause_is_over_by_then(anna: Customer) -> None:
    otto, topic = CustomerFactory(), newsletter_for(anna).topic
    newsletter_for(otto)
    day = timezone.localdate() + timedelta(days=10)
    Customer.objects.update(birth_monthday=day.month * 100 + day.day)
    actions.pause_messages(anna, days=5)
    actions.pause_messages(otto, days=12)

    ahead = queries.birthdays_ahead(days=14, topic=topic)

    assert [each.reason for each in ahead] == [None, Reason.PAUSED]


@pytest.mark.parametrize("is_survivors", [True, False])
def test_the_last_message_to_either_counts_for_the_wish_of_one(anna: Customer, is_survivors: bool) -> None:  # noqa: FBT001  pytest's
    double = CustomerFactory()
    actions.write_less_often(anna if is_survivors else double)
    last = newsletter_for(double if is_survivors else anna)
    assert leaving(last) == {last.pk}

    merge = merge_customers(survivor=anna, absorbed=double)

    assert leaving(newsletter_for(anna)) == set()
    assert FrequencySlot.objects.get().customer == anna
    undo_merge(merge)


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    messages = [newsletter_for(CustomerFactory()) for _ in range(count)]
    for message in messages:
        assert message.customer
        actions.write_less_often(message.customer)

    with django_assert_num_queries(9):
        assert kept_back(messages) == {}


def test_who_wants_to_leave_is_offered_less(anna: Customer, save: Save, browser: Browser) -> None:
    message = Message.objects.get()
    page = browser.get(urlsplit(links_for([message])[message.pk].unsubscribe_url).path)

    assert save.path in page.content.decode()  # type: ignore[attr-defined]
