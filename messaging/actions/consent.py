"""The consent ledger. What was said is added to it and never changed; the newest word on a topic counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_actor
from customers.models import Customer
from customers.refusals import CustomerGone
from messaging.actions.stopping import skip_messages
from messaging.actions.suppression import lift_unsubscription, suppress_address
from messaging.eligibility import consents_of
from messaging.events import ConsentAsked, ConsentGiven, ConsentWithdrawn
from messaging.models import (
    ConsentRecord,
    ConsentSource,
    ConsentState,
    Message,
    SubscriptionTopic,
    SuppressionReason,
)
from messaging.reasons import Reason
from messaging.refusals import InTheFuture, TopicIsArchived
from timeline.recording import record_many

EVENT_OF_STATE = {
    ConsentState.PENDING: ConsentAsked,
    ConsentState.GIVEN: ConsentGiven,
    ConsentState.WITHDRAWN: ConsentWithdrawn,
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How it is known: through which door, under which words (empty: the topic's), from where, and when (None: now)."""

    source: ConsentSource
    wording: str = ""
    detail: str = ""
    ip: str | None = None
    at: datetime | None = None


@transaction.atomic
def give_consent(customer: Customer, topics: Iterable[SubscriptionTopic], *, evidence: Evidence) -> list[ConsentRecord]:
    """Write down that the customer agreed to these topics. Returns what is new: agreeing twice changes nothing.

    Raises CustomerGone, TopicIsArchived, InTheFuture.
    """
    return _say(customer, topics, ConsentState.GIVEN, evidence)


@transaction.atomic
def ask_consent(
    customer: Customer, topics: Sequence[SubscriptionTopic], *, evidence: Evidence, message: Message
) -> list[ConsentRecord]:
    """Somebody who may be anybody asked for these topics: they wait for the link in `message`. What was given stays.

    Asking again for what is waiting already adds a record, so that the newer link confirms it as well.
    """
    given = consents_of([customer.pk], [topic.pk for topic in topics])
    wanted = [topic for topic in topics if given.get((customer.pk, topic.pk)) != ConsentState.GIVEN]
    return _write(_locked(customer), wanted, ConsentState.PENDING, evidence, message)


@transaction.atomic
def confirm_consent(message: Message, *, ip: str | None = None) -> list[SubscriptionTopic]:
    """The address answered: give what was asked for by `message`. Returns its topics, also the second time.

    What was withdrawn meanwhile, or asked for by another message, stays as it is.
    """
    asked = list(ConsentRecord.objects.filter(message=message, state=ConsentState.PENDING).select_related("topic"))
    if not asked or message.customer_id is None:
        return []
    customer = _locked(asked[0].customer)
    now = consents_of([customer.pk], [record.topic_id for record in asked])
    waiting = [record for record in asked if now.get((customer.pk, record.topic_id)) == ConsentState.PENDING]
    for pending in waiting:
        evidence = Evidence(source=ConsentSource(pending.source), wording=pending.wording, ip=ip)
        _write(customer, [pending.topic], ConsentState.GIVEN, evidence, message)
    if waiting:
        lift_unsubscription(message.address)
    return [record.topic for record in asked]


@transaction.atomic
def withdraw_consent(
    customer: Customer, topics: Iterable[SubscriptionTopic], *, evidence: Evidence
) -> list[ConsentRecord]:
    """Write down that the customer wants no more of these topics, and keep back what is on its way about them.

    Returns what is new. Withdrawing what was never given is written down too: a later import must not give it.
    """
    records = _say(customer, topics, ConsentState.WITHDRAWN, evidence)
    if records:
        on_the_way = Message.objects.filter(customer=customer, topic__in=[record.topic_id for record in records])
        skip_messages(on_the_way, reason=Reason.WITHDRAWN)
    return records


@transaction.atomic
def unsubscribe_from_everything(customer: Customer, *, evidence: Evidence) -> None:
    """Withdraw every topic that was given or asked for, and keep new ones away from the address as well."""
    said = ConsentRecord.objects.filter(customer=customer).current()
    open_topics = [record.topic_id for record in said if record.state != ConsentState.WITHDRAWN]
    withdraw_consent(customer, SubscriptionTopic.objects.filter(pk__in=open_topics), evidence=evidence)
    if customer.email_norm:
        suppress_address(customer.email, reason=SuppressionReason.UNSUBSCRIBED, detail=evidence.detail)


def _say(
    customer: Customer, topics: Iterable[SubscriptionTopic], state: ConsentState, evidence: Evidence
) -> list[ConsentRecord]:
    """The lock on the customer puts two who speak at once in order."""
    customer = _locked(customer)
    topics = list(topics)
    now = consents_of([customer.pk], [topic.pk for topic in topics])
    news = [topic for topic in topics if now.get((customer.pk, topic.pk)) != state]
    return _write(customer, news, state, evidence, None)


def _write(
    customer: Customer,
    topics: Sequence[SubscriptionTopic],
    state: ConsentState,
    evidence: Evidence,
    message: Message | None,
) -> list[ConsentRecord]:
    at = evidence.at or timezone.now()
    if at > timezone.now():
        raise InTheFuture
    if state != ConsentState.WITHDRAWN and (archived := [topic for topic in topics if topic.archived_at]):
        raise TopicIsArchived(archived[0])
    records = ConsentRecord.objects.bulk_create(
        ConsentRecord(
            customer=customer,
            topic=topic,
            state=state,
            source=evidence.source,
            wording=evidence.wording or words_of(topic),
            detail=evidence.detail,
            ip=evidence.ip,
            message=message,
            actor=current_actor(),
            at=at,
        )
        for topic in topics
    )
    event = EVENT_OF_STATE[state]
    record_many(
        event(customer_id=customer.pk, topic_id=record.topic_id, source=evidence.source, occurred_at=at)
        for record in records
    )
    return records


def words_of(topic: SubscriptionTopic) -> str:
    """What pages say of a topic where somebody agrees to it."""
    return f"{topic.name}: {topic.description}" if topic.description else topic.name


def _locked(customer: Customer) -> Customer:
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if customer.merged_into_id or customer.erased_at:
        raise CustomerGone(customer)
    return customer
