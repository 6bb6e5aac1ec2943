"""A topic that customers confirm themselves: nobody is written to about it on the word of somebody else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import archive_customer, edit_customer
from customers.models import Customer
from messaging import actions, queries
from messaging.actions import Evidence, Said
from messaging.actions.confirmation_letters import MOST_A_DAY, confirmation_text
from messaging.eligibility import consents_of, refusals
from messaging.imports import ConsentLedger
from messaging.links import links_for
from messaging.models import ConsentRecord, ConsentSource, ConsentState, Message, SubscriptionTopic
from messaging.purposes import Purpose
from messaging.reasons import Reason
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

TOLD = Evidence(source=ConsentSource.STAFF, detail="at the counter")


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    made: SubscriptionTopic = TopicFactory(key="bread", name="Bread", needs_confirmation=True)
    return made


@pytest.fixture
def anna(workspace: Workspace) -> Customer:
    made: Customer = CustomerFactory(name="Anna", email="anna@mail.example")
    return made


def letters() -> list[Message]:
    return list(Message.objects.filter(purpose=Purpose.CONFIRMATION).order_by("pk"))


def door(letter: Message) -> str:
    return urlsplit(links_for([letter])[letter.pk].confirmation_url).path


def standing(customer: Customer, topic: SubscriptionTopic) -> str | None:
    return consents_of([customer.pk], [topic.pk]).get((customer.pk, topic.pk))


def reason_for(customer: Customer, topic: SubscriptionTopic) -> Reason | None:
    message = MessageFactory(customer=customer, topic=topic)
    return refusals([message]).get(message.pk)


def test_who_told_somebody_is_asked_once_and_written_to_after_confirming(
    topic: SubscriptionTopic, anna: Customer, browser: Browser
) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    actions.give_consent(anna, [topic], evidence=TOLD)

    [letter] = letters()
    assert (letter.topic, letter.address, letter.context["topics"]) == (None, "anna@mail.example", "Bread")
    assert reason_for(anna, topic) == Reason.NOT_CONFIRMED
    assert b"Bread" in browser.get(door(letter)).content
    assert standing(anna, topic) == ConsentState.PENDING  # a scanner confirms nothing
    for _ in range(2):
        assert b"you are subscribed" in browser.post(door(letter)).content

    assert reason_for(anna, topic) is None
    given, confirmed = ConsentRecord.objects.order_by("pk")
    assert (given.confirmed_at, confirmed.message, confirmed.ip) == (None, letter, "127.0.0.1")
    assert (confirmed.source, confirmed.wording) == (ConsentSource.STAFF, "Bread")
    assert confirmed.confirmed_at is not None
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["ConsentGiven", "ConsentConfirmed"]


def test_what_others_topics_want_is_nobody_s_business(topic: SubscriptionTopic, anna: Customer) -> None:
    plain = TopicFactory()

    actions.give_consent(anna, [plain], evidence=TOLD)

    assert letters() == []
    assert reason_for(anna, plain) is None


def test_a_topic_that_comes_to_want_it_keeps_back_who_never_confirmed(anna: Customer, browser: Browser) -> None:
    topic, joined = TopicFactory(name="Rolls"), CustomerFactory()
    actions.give_consent(anna, [topic], evidence=TOLD)
    ConsentFactory(customer=joined, topic=topic, source=ConsentSource.JOIN_PAGE)

    actions.edit_topic(topic, name="Rolls", description="", is_default=False, needs_confirmation=True)

    assert (reason_for(anna, topic), reason_for(joined, topic)) == (Reason.NOT_CONFIRMED, None)
    [count] = queries.topics_with_counts()
    assert (count.agree, count.unconfirmed) == (1, 1)
    assert letters() == []
    assert [actions.ask_unconfirmed(topic) for _ in range(2)] == [1, 0]
    browser.post(door(letters()[0]))
    [count] = queries.topics_with_counts()
    assert (count.agree, count.unconfirmed) == (2, 0)


def test_the_link_works_for_thirty_days(topic: SubscriptionTopic, anna: Customer, browser: Browser) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    path = door(letters()[0])

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert browser.post(path).status_code == 404
    assert browser.post(f"/p/confirm/{'x' * 32}/").status_code == 404
    assert standing(anna, topic) == ConsentState.PENDING


def test_who_left_afterwards_is_not_brought_back_by_the_old_link(
    topic: SubscriptionTopic, anna: Customer, browser: Browser
) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    path = door(letters()[0])
    actions.withdraw_consent(anna, [topic], evidence=TOLD)

    assert b"Nothing was changed" in browser.post(path).content
    assert standing(anna, topic) == ConsentState.WITHDRAWN

    actions.give_consent(anna, [topic], evidence=TOLD)
    browser.post(door(letters()[1]))
    assert standing(anna, topic) == ConsentState.GIVEN
    actions.withdraw_consent(anna, [topic], evidence=TOLD)
    assert reason_for(anna, topic) == Reason.WITHDRAWN


def test_a_letter_to_an_address_that_was_changed_confirms_nothing(
    topic: SubscriptionTopic, anna: Customer, browser: Browser
) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    path = door(letters()[0])
    Customer.objects.update(email="new@mail.example", email_norm="new@mail.example")

    assert (browser.get(path).status_code, browser.post(path).status_code) == (404, 404)
    assert standing(anna, topic) == ConsentState.PENDING


def test_another_workspace_s_letter_confirms_nothing_here(
    topic: SubscriptionTopic, anna: Customer, other_workspace: Workspace, browser: Browser
) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    with workspace_scope(other_workspace):
        theirs = TopicFactory(key="bread", needs_confirmation=True)
        actions.give_consent(CustomerFactory(email=anna.email), [theirs], evidence=TOLD)
        path = door(letters()[0])

    browser.post(path)

    assert standing(anna, topic) == ConsentState.PENDING
    with workspace_scope(other_workspace):
        assert ConsentRecord.objects.filter(confirmed_at__isnull=False).count() == 1


def test_choosing_it_on_the_preference_page_confirms_it(
    topic: SubscriptionTopic, anna: Customer, browser: Browser
) -> None:
    actions.give_consent(anna, [topic], evidence=TOLD)
    receipt = MessageFactory(customer=anna)
    path = urlsplit(links_for([receipt])[receipt.pk].preferences_url).path
    assert b"not confirmed yet" in browser.get(path).content

    browser.post(path, {"name": "Anna", "topics": [topic.pk]})

    assert standing(anna, topic) == ConsentState.GIVEN
    assert ConsentRecord.objects.current().get().confirmed_at is not None


def test_nobody_gets_more_than_a_few_letters_a_day(anna: Customer, topic: SubscriptionTopic) -> None:
    for _ in range(MOST_A_DAY + 2):
        actions.give_consent(anna, [topic], evidence=TOLD)
        actions.withdraw_consent(anna, [topic], evidence=TOLD)

    assert len(letters()) == MOST_A_DAY


def test_without_an_address_or_archived_nobody_is_asked(topic: SubscriptionTopic, anna: Customer) -> None:
    archive_customer(anna)
    for customer in (anna, CustomerFactory(email="")):
        actions.give_consent(customer, [topic], evidence=TOLD)

    assert letters() == []


def said(customer: Customer, topic: SubscriptionTopic, at: datetime, confirmed_at: datetime | None = None) -> Said:
    return Said(customer.pk, topic.pk, ConsentState.GIVEN, at, "Yes", "Form", confirmed_at)


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_program_tells_just_now_is_asked_for(
    count: int, topic: SubscriptionTopic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now, history = timezone.now(), CustomerFactory()
    actions.give_consent(CustomerFactory(), [topic], evidence=TOLD)  # the text is there
    words = [said(CustomerFactory(), topic, now) for _ in range(count)]

    with django_assert_num_queries(20):
        assert actions.record_consents(words, source=ConsentSource.API) == count
    assert len(letters()) == count + 1

    actions.record_consents([said(history, topic, now - timedelta(days=2))], source=ConsentSource.API)
    assert len(letters()) == count + 1
    assert actions.ask_unconfirmed(topic) == 1


def test_proof_from_elsewhere_counts_also_when_it_comes_later(topic: SubscriptionTopic, anna: Customer) -> None:
    long_ago = timezone.now() - timedelta(days=400)
    actions.record_consents([said(anna, topic, long_ago)], source=ConsentSource.API)
    assert standing(anna, topic) == ConsentState.PENDING

    proven = said(anna, topic, long_ago, long_ago + timedelta(hours=1))
    assert [actions.record_consents([proven], source=ConsentSource.API) for _ in range(2)] == [1, 0]

    assert standing(anna, topic) == ConsentState.GIVEN
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["ConsentGiven", "ConsentConfirmed"]


def test_a_file_can_say_that_all_of_it_was_confirmed(topic: SubscriptionTopic, anna: Customer) -> None:
    ledger, when = ConsentLedger(), timezone.now() - timedelta(days=30)
    addresses = [anna.email_norm, "new@mail.example"]
    actions.give_consent(anna, [topic], evidence=TOLD)

    assert ledger.unreachable(addresses, topic="bread", at=when) == 2
    assert ledger.unreachable(addresses, topic="bread", at=when, is_confirmed=True) == 1  # Anna's own word counts
    assert [each.needs_confirmation for each in ledger.topics()] == [True]


def test_the_birthday_greeting_waits_for_it(
    topic: SubscriptionTopic, anna: Customer, browser: Browser, drained: Callable[[], AbstractContextManager[None]]
) -> None:
    noon = timezone.now().replace(hour=12, minute=0)
    with time_machine.travel(noon - timedelta(days=1), tick=False):
        today = timezone.now()
        Customer.objects.update(birth_monthday=today.month * 100 + today.day, zone="Etc/UTC")
        actions.write_greeting(subject="Hi", body="Hi", topic=topic, send_hour=9)
        actions.switch_on_greeting()
        actions.give_consent(anna, [topic], evidence=TOLD)
        actions.greet_birthdays(now=timezone.now())
        assert not Message.objects.filter(purpose=Purpose.BIRTHDAY).exists()

        with drained():
            browser.post(door(letters()[0]))
        actions.greet_birthdays(now=timezone.now())
        assert Message.objects.filter(purpose=Purpose.BIRTHDAY).count() == 1


def test_topics_follow_the_workspace_unless_they_say_otherwise(
    anna: Customer, other_workspace: Workspace, owner_browser: Browser
) -> None:
    with workspace_scope(other_workspace):
        theirs = actions.add_topic(name="Rolls")
    rolls = actions.add_topic(name="Rolls")
    actions.give_consent(anna, [rolls], evidence=TOLD)
    own = actions.add_topic(name="Cakes", needs_confirmation=False)
    actions.give_consent(anna, [own], evidence=TOLD)
    assert (standing(anna, rolls), standing(anna, own), letters()) == ("given", "given", [])

    page = owner_browser.post("/messages/topics/confirmation/", {"needs_confirmation": "on"}, follow=True).content
    assert b"This changes: Rolls." in page
    assert (standing(anna, rolls), standing(anna, own)) == ("pending", "given")
    assert reason_for(anna, rolls) == Reason.NOT_CONFIRMED
    with workspace_scope(other_workspace):
        theirs.refresh_from_db()
        assert not theirs.needs_confirmation

    fields = {"name": "Buns", "needs_confirmation": "workspace"}
    owner_browser.post("/messages/topics/", fields)
    buns = SubscriptionTopic.objects.get(name="Buns")
    assert (buns.needs_confirmation, buns.follows_workspace) == (True, True)
    owner_browser.post(f"/messages/topics/{buns.pk}/", {**fields, "needs_confirmation": "no"})
    owner_browser.post(f"/messages/topics/{own.pk}/", {"name": "Cakes", "needs_confirmation": "workspace"})
    assert [standing(anna, each) for each in (rolls, own)] == ["pending", "pending"]

    actions.set_confirmation_policy(needs_confirmation=False)
    assert actions.set_confirmation_policy(needs_confirmation=False) == []
    assert [standing(anna, each) for each in (rolls, own)] == ["given", "given"]
    assert ConsentRecord.objects.count() == 2
    assert Event.objects.filter(kind="ConfirmationPolicySet").count() == 2


Drained = Callable[[], AbstractContextManager[None]]


def sent_already(message: Message) -> None:
    """By every state in between, as the database insists."""
    rows, yesterday = Message.objects.filter(pk=message.pk), timezone.now() - timedelta(days=1)
    rows.update(state="leased", lease_token="t", lease_expires_at=yesterday)
    rows.update(state="sending")
    rows.update(state="sent", lease_token="", lease_expires_at=None, sent_at=yesterday)


def test_a_confirmation_is_worth_nothing_for_another_address(
    topic: SubscriptionTopic, anna: Customer, browser: Browser, drained: Drained
) -> None:
    plain = TopicFactory()
    actions.give_consent(anna, [topic, plain], evidence=TOLD)
    browser.post(door(letters()[0]))
    with drained():
        edit_customer(anna, email="Anna@mail.example", name="Anna B.")
    assert (standing(anna, topic), len(letters())) == ("given", 1)

    with drained():
        anna = edit_customer(anna, email="anna@new.example")

    assert reason_for(anna, topic) == Reason.NOT_CONFIRMED
    assert standing(anna, plain) == ConsentState.GIVEN
    assert letters()[1].address == "anna@new.example"
    word = ConsentRecord.objects.filter(topic=topic).current().get()
    assert (word.state, word.source, word.wording) == ("given", "other_address", "Bread")
    browser.post(door(letters()[1]))
    assert reason_for(anna, topic) is None
    told = Event.objects.filter(kind__in=("ConfirmationLapsed", "ConsentConfirmed")).order_by("pk")
    assert list(told.values_list("kind", flat=True)) == ["ConsentConfirmed", "ConfirmationLapsed", "ConsentConfirmed"]


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_confirmed_elsewhere_lapses_unless_letters_went_there_before(
    count: int, topic: SubscriptionTopic, other_workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    confirmation_text()
    now = timezone.now()
    moved, stayed = ([CustomerFactory() for _ in range(count)] for _ in range(2))
    for customer in (*moved, *stayed):
        ConsentFactory(customer=customer, topic=topic, source=ConsentSource.API, confirmed_at=now)
    for customer in stayed:
        sent_already(MessageFactory(customer=customer))
    with workspace_scope(other_workspace):
        theirs = ConsentFactory(source=ConsentSource.API, confirmed_at=now, topic__needs_confirmation=True)

    everybody = [*moved, *stayed, theirs.customer, CustomerFactory(email="")]
    with django_assert_num_queries(23):
        assert actions.lapse_confirmations({each.pk: timezone.now() for each in everybody}) == count

    assert {letter.customer for letter in letters()} == set(moved)
    assert {standing(each, topic) for each in stayed} == {"given"}
    assert actions.lapse_confirmations({each.pk: timezone.now() for each in everybody}) == 0


def test_staff_see_how_many_wait_and_can_ask_them(topic: SubscriptionTopic, owner_browser: Browser) -> None:
    actions.record_consents(
        [said(CustomerFactory(), topic, timezone.now() - timedelta(days=9)) for _ in range(2)],
        source=ConsentSource.API,
    )

    assert "2 not confirmed" in owner_browser.get("/messages/topics/").content.decode()
    page = owner_browser.get(f"/messages/topics/{topic.pk}/").content.decode()
    assert "2 agreed and have not confirmed" in page
    answer = owner_browser.post(f"/messages/topics/{topic.pk}/confirmations/", follow=True)

    assert b"2 customers are asked" in answer.content
    assert len(letters()) == 2
