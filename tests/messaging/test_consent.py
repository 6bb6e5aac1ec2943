from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from customers.refusals import CustomerGone
from messaging import actions
from messaging.actions import Evidence, Said
from messaging.eligibility import consents_of
from messaging.models import (
    ConsentRecord,
    ConsentSource,
    ConsentState,
    Message,
    MessageState,
    SubscriptionTopic,
    Suppression,
    SuppressionReason,
)
from messaging.reasons import Reason
from messaging.refusals import InTheFuture, TopicIsArchived
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

TOLD = Evidence(source=ConsentSource.STAFF, detail="at the counter", wording="Newsletter")
GIVEN, PENDING, WITHDRAWN = ConsentState.GIVEN, ConsentState.PENDING, ConsentState.WITHDRAWN


def state(customer: Customer, topic: SubscriptionTopic) -> str | None:
    return consents_of([customer.pk], [topic.pk]).get((customer.pk, topic.pk))


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_give_consent_is_written_down_once_with_its_evidence() -> None:
    customer, topic = CustomerFactory(), TopicFactory()

    for _ in range(2):
        actions.give_consent(customer, [topic], evidence=TOLD)

    record = ConsentRecord.objects.get()
    assert (record.state, record.source, record.detail, record.wording) == (
        GIVEN,
        ConsentSource.STAFF,
        "at the counter",
        "Newsletter",
    )
    assert record.actor == "system"
    assert kinds() == ["ConsentGiven"]


def test_history_stays_and_the_newest_counts() -> None:
    customer, topic = CustomerFactory(), TopicFactory()

    actions.give_consent(customer, [topic], evidence=TOLD)
    actions.withdraw_consent(customer, [topic], evidence=TOLD)
    actions.give_consent(customer, [topic], evidence=TOLD)

    assert list(ConsentRecord.objects.order_by("pk").values_list("state", flat=True)) == [GIVEN, WITHDRAWN, GIVEN]
    assert state(customer, topic) == GIVEN


@pytest.mark.parametrize(
    "change", [{"state": WITHDRAWN}, {"source": ConsentSource.API}, {"wording": "else"}, {"at": timezone.now()}]
)
def test_the_database_refuses_to_change_what_was_said(change: dict[str, object]) -> None:
    record = ConsentFactory(wording="Newsletter")

    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        ConsentRecord.objects.filter(pk=record.pk).update(**change)
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        ConsentRecord.objects.filter(pk=record.pk).delete()


def test_withdrawing_keeps_back_what_is_on_its_way() -> None:
    customer, topic = CustomerFactory(), TopicFactory()
    actions.give_consent(customer, [topic], evidence=TOLD)
    waiting = MessageFactory(customer=customer, topic=topic)
    about_another_topic = MessageFactory(customer=customer, topic=TopicFactory())

    actions.withdraw_consent(customer, [topic], evidence=TOLD)

    waiting.refresh_from_db()
    about_another_topic.refresh_from_db()
    assert (waiting.state, waiting.reason) == (MessageState.SKIPPED, Reason.WITHDRAWN)
    assert about_another_topic.state == MessageState.QUEUED
    assert kinds() == ["ConsentGiven", "ConsentWithdrawn", "MessageSkipped"]


def test_withdrawing_takes_a_message_out_of_a_worker_s_hands() -> None:
    customer, topic = CustomerFactory(), TopicFactory()
    message = MessageFactory(customer=customer, topic=topic)
    Message.objects.update(
        state=MessageState.LEASED,
        lease_token="a worker",
        lease_expires_at=timezone.now() + timedelta(minutes=5),
    )

    actions.withdraw_consent(customer, [topic], evidence=TOLD)

    message.refresh_from_db()
    assert (message.state, message.lease_token) == (MessageState.SKIPPED, "")


def test_withdrawing_what_was_never_given_is_written_down() -> None:
    customer, topic = CustomerFactory(), TopicFactory()

    actions.withdraw_consent(customer, [topic], evidence=TOLD)

    assert state(customer, topic) == WITHDRAWN


def test_nobody_agrees_to_an_archived_topic_but_may_leave_it() -> None:
    customer, topic = CustomerFactory(), TopicFactory(archived_at=timezone.now())

    with pytest.raises(TopicIsArchived, match="Restore it"):
        actions.give_consent(customer, [topic], evidence=TOLD)
    actions.withdraw_consent(customer, [topic], evidence=TOLD)


def test_nobody_agreed_tomorrow() -> None:
    tomorrow = Evidence(source=ConsentSource.API, at=timezone.now() + timedelta(days=1))

    with pytest.raises(InTheFuture):
        actions.give_consent(CustomerFactory(), [TopicFactory()], evidence=tomorrow)


def test_who_was_erased_agrees_to_nothing() -> None:
    with pytest.raises(CustomerGone):
        actions.give_consent(CustomerFactory(erased_at=timezone.now()), [TopicFactory()], evidence=TOLD)


JOINED = Evidence(source=ConsentSource.JOIN_PAGE, wording="Yes, send me the newsletter")


def test_double_opt_in() -> None:
    message = MessageFactory(purpose="confirmation")
    topic = TopicFactory()
    actions.ask_consent(message.customer, [topic], evidence=JOINED, message=message)
    assert state(message.customer, topic) == PENDING

    for _ in range(2):
        assert actions.confirm_consent(message, ip="192.0.2.7") == [topic]

    records = list(ConsentRecord.objects.order_by("pk"))
    assert [record.state for record in records] == [PENDING, GIVEN]
    assert (records[1].ip, records[1].wording, records[1].source) == ("192.0.2.7", JOINED.wording, JOINED.source)
    assert kinds() == ["ConsentAsked", "ConsentGiven"]


def test_asking_does_not_take_away_what_was_given() -> None:
    message = MessageFactory(purpose="confirmation")
    topic = ConsentFactory(customer=message.customer).topic

    assert actions.ask_consent(message.customer, [topic], evidence=JOINED, message=message) == []
    assert state(message.customer, topic) == GIVEN


def test_a_link_confirms_only_what_its_own_message_asked() -> None:
    """Somebody else may have typed the address in later, for another topic."""
    message = MessageFactory(purpose="confirmation")
    other = MessageFactory(purpose="confirmation", customer=message.customer)
    wanted, unwanted = TopicFactory(), TopicFactory()
    actions.ask_consent(message.customer, [wanted], evidence=JOINED, message=message)
    actions.ask_consent(message.customer, [unwanted], evidence=JOINED, message=other)

    actions.confirm_consent(message)

    assert (state(message.customer, wanted), state(message.customer, unwanted)) == (GIVEN, PENDING)


def test_an_old_link_does_not_undo_a_withdrawal() -> None:
    message = MessageFactory(purpose="confirmation")
    topic = TopicFactory()
    actions.ask_consent(message.customer, [topic], evidence=JOINED, message=message)
    actions.withdraw_consent(message.customer, [topic], evidence=TOLD)

    actions.confirm_consent(message)

    assert state(message.customer, topic) == WITHDRAWN


def test_unsubscribing_from_everything_and_coming_back() -> None:
    message = MessageFactory(purpose="confirmation")
    customer, given, asked = message.customer, TopicFactory(), TopicFactory()
    actions.give_consent(customer, [given], evidence=TOLD)
    actions.ask_consent(customer, [asked], evidence=JOINED, message=message)

    actions.unsubscribe_from_everything(customer, evidence=Evidence(source=ConsentSource.UNSUBSCRIBE))

    assert (state(customer, given), state(customer, asked)) == (WITHDRAWN, WITHDRAWN)
    assert Suppression.objects.get().reason == SuppressionReason.UNSUBSCRIBED

    again = MessageFactory(purpose="confirmation", customer=customer)
    actions.ask_consent(customer, [given], evidence=JOINED, message=again)
    actions.confirm_consent(again)

    assert state(customer, given) == GIVEN
    assert not Suppression.objects.exists()


def said(customer: Customer, topic: SubscriptionTopic, word: ConsentState = GIVEN, *, days_ago: int = 30) -> Said:
    return Said(customer.pk, topic.pk, word, timezone.now() - timedelta(days=days_ago), "Yes", "customers.csv")


def test_a_file_speaks_for_those_who_never_spoke() -> None:
    topic = TopicFactory()
    silent, gave, asked, withdrew = (CustomerFactory() for _ in range(4))
    for customer, word in ((gave, GIVEN), (asked, PENDING), (withdrew, WITHDRAWN)):
        ConsentFactory(customer=customer, topic=topic, state=word, at=timezone.now() - timedelta(days=99))
    rows = [said(customer, topic) for customer in (silent, gave, asked, withdrew, silent)]

    assert actions.record_consents(rows, source=ConsentSource.IMPORT) == 1
    assert actions.record_consents(rows, source=ConsentSource.IMPORT) == 0

    assert [state(each, topic) for each in (silent, gave, asked, withdrew)] == [GIVEN, GIVEN, PENDING, WITHDRAWN]
    assert kinds() == ["ConsentGiven"]


def test_a_file_can_withdraw_but_not_against_a_newer_word() -> None:
    topic = TopicFactory()
    early, late = CustomerFactory(), CustomerFactory()
    ConsentFactory(customer=early, topic=topic, at=timezone.now() - timedelta(days=99))
    ConsentFactory(customer=late, topic=topic)
    on_its_way = MessageFactory(customer=early, topic=topic)

    written = actions.record_consents(
        [said(early, topic, WITHDRAWN), said(late, topic, WITHDRAWN)], source=ConsentSource.IMPORT
    )

    on_its_way.refresh_from_db()
    assert written == 1
    assert (state(early, topic), state(late, topic)) == (WITHDRAWN, GIVEN)
    assert on_its_way.state == MessageState.SKIPPED


def test_a_program_may_bring_a_newer_consent_but_no_older_one() -> None:
    topic = TopicFactory()
    customer = CustomerFactory()
    ConsentFactory(customer=customer, topic=topic, state=WITHDRAWN, at=timezone.now() - timedelta(days=10))

    assert actions.record_consents([said(customer, topic, days_ago=30)], source=ConsentSource.API) == 0
    assert actions.record_consents([said(customer, topic, days_ago=1)], source=ConsentSource.API) == 1
    assert state(customer, topic) == GIVEN


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow_with_the_batch(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    topic = TopicFactory()
    rows = [said(CustomerFactory(), topic) for _ in range(count)]

    with django_assert_num_queries(5):  # the ledger, the timeline and its doorbell, between two savepoints
        actions.record_consents(rows, source=ConsentSource.API)


def test_another_workspace_s_customer_cannot_be_spoken_for(other_workspace: Workspace) -> None:
    topic = TopicFactory()
    with workspace_scope(other_workspace):
        stranger = CustomerFactory()

    with pytest.raises(DatabaseError), transaction.atomic():
        actions.record_consents([said(stranger, topic)], source=ConsentSource.API)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("set constraints all immediate")
    assert not ConsentRecord.objects.exists()
