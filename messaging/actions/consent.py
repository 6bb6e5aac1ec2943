"""The consent ledger. What was said is added to it and never changed; the newest word on a topic counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_actor
from customers.models import Customer
from customers.refusals import CustomerGone
from messaging.actions.confirmation_letters import ask_to_confirm
from messaging.actions.stopping import skip_messages
from messaging.actions.suppression import lift_unsubscription, suppress_address
from messaging.eligibility import consents_of
from messaging.events import ConsentAsked, ConsentConfirmed, ConsentGiven, ConsentWithdrawn
from messaging.models import (
    ConsentRecord,
    ConsentSource,
    ConsentState,
    Message,
    SubscriptionTopic,
    SuppressionReason,
)
from messaging.models.consent import is_confirmed
from messaging.queries.consent import recipient_of, topics_asked
from messaging.reasons import Reason
from messaging.refusals import InTheFuture, TopicIsArchived
from timeline.recording import record_many

ConsentEvent = type[ConsentAsked] | type[ConsentConfirmed] | type[ConsentGiven] | type[ConsentWithdrawn]
EVENT_OF_STATE: Mapping[ConsentState, ConsentEvent] = {
    ConsentState.PENDING: ConsentAsked,
    ConsentState.GIVEN: ConsentGiven,
    ConsentState.WITHDRAWN: ConsentWithdrawn,
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How it is known: through which door, under which words (empty: the topic's), from where, and when (None: now).

    `confirmed_at`: when the customer confirmed it, where that is known. `message`: the letter that asked for it.
    """

    source: ConsentSource
    wording: str = ""
    detail: str = ""
    ip: str | None = None
    at: datetime | None = None
    confirmed_at: datetime | None = None
    message: Message | None = None

    @property
    def confirms(self) -> bool:
        return is_confirmed(self.source, self.confirmed_at)


@transaction.atomic
def give_consent(customer: Customer, topics: Iterable[SubscriptionTopic], *, evidence: Evidence) -> list[ConsentRecord]:
    """Write down that the customer agreed to these topics. Returns what is new: agreeing twice changes nothing.

    Of a topic that wants it confirmed, a letter asks for that, unless the evidence says that it was.
    Raises CustomerGone, TopicIsArchived, InTheFuture.
    """
    records = _say(customer, topics, ConsentState.GIVEN, evidence)
    if waiting := [record.pk for record in records if record.counts_as == ConsentState.PENDING]:
        ask_to_confirm(waiting)
    return records


@transaction.atomic
def ask_consent(
    customer: Customer, topics: Sequence[SubscriptionTopic], *, evidence: Evidence, message: Message
) -> list[ConsentRecord]:
    """Somebody who may be anybody asked for these topics: they wait for the link in `message`. What was given stays.

    Asking again for what is waiting already adds a record, so that the newer link confirms it as well.
    """
    given = consents_of([customer.pk], [topic.pk for topic in topics])
    wanted = [topic for topic in topics if given.get((customer.pk, topic.pk)) != ConsentState.GIVEN]
    return _write(_locked(customer), wanted, ConsentState.PENDING, replace(evidence, message=message))


@transaction.atomic
def confirm_consent(message: Message, *, ip: str | None = None) -> list[SubscriptionTopic]:
    """The address answered: what `message` asked for counts from now on. Returns its topics that are agreed to now.

    What was withdrawn meanwhile, or asked for by another message, stays as it is. The second time changes nothing.
    """
    asked = topics_asked(message)
    customer = recipient_of(message)
    if not asked or customer is None:
        return []
    customer = _locked(customer)
    before = _newest(customer, asked)
    waiting = [topic for topic in asked if topic.pk in before and before[topic.pk].counts_as == ConsentState.PENDING]
    for topic in waiting:
        said = before[topic.pk]
        evidence = Evidence(
            source=ConsentSource(said.source),
            wording=said.wording,
            ip=ip,
            confirmed_at=timezone.now(),
            message=message,
        )
        _write(customer, [topic], ConsentState.GIVEN, evidence, before=before)
    if waiting:
        lift_unsubscription(message.address)
    now = consents_of([customer.pk], [topic.pk for topic in asked])
    return [topic for topic in asked if now.get((customer.pk, topic.pk)) == ConsentState.GIVEN]


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
    before = _newest(customer, topics)
    news = [topic for topic in topics if _is_news(before.get(topic.pk), state, evidence)]
    return _write(customer, news, state, evidence, before=before)


def _is_news(before: ConsentRecord | None, state: ConsentState, evidence: Evidence) -> bool:
    """Who has said so already says nothing new, unless it is confirmed thereby."""
    if before is None or before.state != state:
        return True
    return before.counts_as != state and evidence.confirms


def _newest(customer: Customer, topics: Iterable[SubscriptionTopic]) -> dict[int, ConsentRecord]:
    """What the customer said last about each topic, by its id."""
    said = ConsentRecord.objects.filter(customer=customer, topic__in=[topic.pk for topic in topics]).current()
    return {record.topic_id: record for record in said.select_related("topic")}


def _write(
    customer: Customer,
    topics: Sequence[SubscriptionTopic],
    state: ConsentState,
    evidence: Evidence,
    *,
    before: Mapping[int, ConsentRecord] = MappingProxyType({}),
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
            confirmed_at=(evidence.confirmed_at or at) if state == ConsentState.GIVEN and evidence.confirms else None,
            message=evidence.message,
            actor=current_actor(),
            at=at,
        )
        for topic in topics
    )
    record_many(
        event_of(state, was=before[record.topic_id].state if record.topic_id in before else "")(
            customer_id=customer.pk, topic_id=record.topic_id, source=evidence.source, occurred_at=at
        )
        for record in records
    )
    return records


def event_of(state: ConsentState, *, was: str) -> ConsentEvent:
    """Agreed to for the second time it was confirmed."""
    return ConsentConfirmed if state == was == ConsentState.GIVEN else EVENT_OF_STATE[state]


def words_of(topic: SubscriptionTopic) -> str:
    """What pages say of a topic where somebody agrees to it."""
    return f"{topic.name}: {topic.description}" if topic.description else topic.name


def _locked(customer: Customer) -> Customer:
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if customer.merged_into_id or customer.erased_at:
        raise CustomerGone(customer)
    return customer
