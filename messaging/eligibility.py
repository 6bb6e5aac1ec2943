"""Who may not be written to, and why: asked for a whole batch at once, when it is about to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.scope import current_workspace
from customers.models import Customer
from customers.models.customers import Channel
from messaging.addresses import hash_address
from messaging.flows.exits import refusals_of_flows
from messaging.local_mornings import first_instant, zone_or
from messaging.models import (
    STOPS_EVERYTHING,
    BirthdayGreeting,
    ConsentRecord,
    ConsentState,
    ContactWish,
    Message,
    MessageState,
    SubscriptionTopic,
    Suppression,
    SuppressionReason,
    counts_as,
)
from messaging.policies import Hold, holds, may_wait_for
from messaging.purposes import Purpose
from messaging.reasons import REASON_OF_SUPPRESSION, Reason

# Somebody whose birthday was edited from 31 December to 2 January has it again within this time, and is not greeted.
GREETED_ONCE_IN = timedelta(days=300)
_REASON_OF_STATE: dict[str | None, Reason] = {
    ConsentState.PENDING: Reason.NOT_CONFIRMED,
    ConsentState.WITHDRAWN: Reason.WITHDRAWN,
}


@dataclass(frozen=True)
class Standing:
    """What is known, in seven queries whatever the batch, of those whom it is addressed to."""

    recipients: dict[int, Customer]
    suppressions: dict[str, list[str]]
    consents: dict[tuple[int, int], str]
    topics_in_use: set[int]
    greeting: BirthdayGreeting | None
    greeted_lately: set[int]
    by_flows: dict[int, Reason]
    wishes: dict[int, ContactWish]
    now: datetime


def kept_back(
    messages: Sequence[Message], *, at: datetime | None = None, earlier: Sequence[datetime] = ()
) -> dict[int, Hold]:
    """The messages that must not leave now, by id: those that never may, and those that have to wait.

    Of another moment (`at`), what was said and blocked by then counts, and of the rest what is known today. `earlier`
    is when other messages, imagined as well, would have left to the same customer.
    """
    standing = _standing(messages, at)
    refused = {message_id: Hold(reason) for message_id, reason in _refusals(messages, standing).items()}
    others = [message for message in messages if message.pk not in refused]
    return refused | holds(others, standing.recipients, standing.wishes, now=at, earlier=earlier)


def refusals(messages: Sequence[Message]) -> dict[int, Reason]:
    """Why each message that must not be sent must not, by its id.

    A message with a topic needs consent to it. One without was asked for (a confirmation): it needs none, and
    goes even to the archived and those who left everything, but to no address that bounced, complained or was blocked.
    """
    return _refusals(messages, _standing(messages))


def _refusals(messages: Sequence[Message], standing: Standing) -> dict[int, Reason]:
    reasons = ((message.pk, _refusal(message, standing)) for message in messages)
    return {message_id: reason for message_id, reason in reasons if reason is not None}


def _refusal(message: Message, standing: Standing) -> Reason | None:
    customer = standing.recipients.get(message.customer_id) if message.customer_id else None
    return (
        _refused_by_address(message, customer)
        or _refused_by_suppression(message, standing)
        or (_refused_by_customer(message, customer, standing) if customer and message.is_marketing else None)
        or standing.by_flows.get(message.pk)
        or (_refused_by_day(message, customer, standing) if message.purpose == Purpose.BIRTHDAY else None)
    )


def _refused_by_address(message: Message, customer: Customer | None) -> Reason | None:
    if customer and customer.erased_at:
        return Reason.ERASED
    if not message.address or (customer and not customer.email_norm):
        return Reason.NO_ADDRESS
    if not looks_like_address(message.address):
        return Reason.BAD_ADDRESS
    if customer and hash_address(customer.email_norm) != message.address_hash:
        return Reason.ADDRESS_CHANGED
    return None


def _refused_by_suppression(message: Message, standing: Standing) -> Reason | None:
    for reason in standing.suppressions.get(message.address_hash, ()):
        if message.is_marketing or reason in STOPS_EVERYTHING:
            return REASON_OF_SUPPRESSION[SuppressionReason(reason)]
    return None


def _refused_by_customer(message: Message, customer: Customer, standing: Standing) -> Reason | None:
    if customer.archived_at:
        return Reason.ARCHIVED
    if customer.preferred_channel == Channel.NONE:
        return Reason.WANTS_NO_CONTACT
    if message.topic_id is None or message.topic_id not in standing.topics_in_use:
        return Reason.TOPIC_ARCHIVED
    state = standing.consents.get((customer.pk, message.topic_id))
    if state == ConsentState.GIVEN:
        return _refused_by_pause(message, standing.wishes.get(customer.pk), standing.now)
    return _REASON_OF_STATE.get(state, Reason.NO_CONSENT)


def _refused_by_pause(message: Message, wish: ContactWish | None, now: datetime) -> Reason | None:
    ends_at = wish.paused_until if wish else None
    # Of one that is not due yet, or only imagined: when it would be.
    now = max(now, message.not_before)
    if ends_at is None or ends_at <= now or may_wait_for(ends_at, message, now=now):
        return None
    return Reason.PAUSED


def _refused_by_day(message: Message, customer: Customer | None, standing: Standing) -> Reason | None:
    """A greeting is for one day, and may still leave until the hour of greeting strikes on the next."""
    if standing.greeting is None:
        return Reason.SWITCHED_OFF
    if customer is None:
        return Reason.ERASED
    zone = zone_or(customer.zone, current_workspace().tzinfo)
    day = date.fromisoformat(message.context.get("day") or message.not_before.astimezone(zone).date().isoformat())
    if customer.birthday_in(day.year) != day:
        return Reason.BIRTHDAY_MOVED
    if message.pk in standing.greeted_lately:
        return Reason.GREETED_LATELY
    is_over = first_instant(day + timedelta(days=1), standing.greeting.send_hour, zone) <= timezone.now()
    return Reason.TOO_LATE if is_over else None


def looks_like_address(address: str) -> bool:
    """Whether it can stand in an envelope. That it exists, only a reply can tell."""
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and address.isprintable() and " " not in address


def _standing(messages: Sequence[Message], at: datetime | None = None) -> Standing:
    recipients = survivors({message.customer_id for message in messages if message.customer_id})
    topics = {message.topic_id for message in messages if message.topic_id}
    return Standing(
        recipients=recipients,
        suppressions=suppressions_of((message.address_hash for message in messages), at=at),
        consents=consents_of({customer.pk for customer in recipients.values()}, topics, at=at),
        topics_in_use=set(SubscriptionTopic.objects.in_use().filter(pk__in=topics).values_list("pk", flat=True)),
        greeting=BirthdayGreeting.objects.filter(is_on=True).first(),
        greeted_lately=_greeted_lately([message for message in messages if message.purpose == Purpose.BIRTHDAY]),
        wishes=wishes_of(customer.pk for customer in recipients.values()) if topics else {},
        now=at or timezone.now(),
        by_flows=refusals_of_flows(messages, now=at or timezone.now()),
    )


def _greeted_lately(messages: Sequence[Message]) -> set[int]:
    """Those to whom another greeting went, or is about to go, not long before: the older of two wins."""
    others = Message.objects.filter(
        customer__in={message.customer_id for message in messages},
        purpose=Purpose.BIRTHDAY,
        created_at__gt=timezone.now() - GREETED_ONCE_IN,
    ).exclude(state__in=(MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED))
    first: dict[int | None, int] = {}
    for customer_id, pk in others.order_by("pk").values_list("customer_id", "pk"):
        first.setdefault(customer_id, pk)
    return {message.pk for message in messages if first.get(message.customer_id, message.pk) < message.pk}


def survivors(customer_ids: Iterable[int]) -> dict[int, Customer]:
    """The customers by these ids; for those that were merged, whoever they were merged into in the end."""
    found = Customer.objects.in_bulk(set(customer_ids))
    while absorbed := {each.pk: each.merged_into_id for each in found.values() if each.merged_into_id}:
        onto = Customer.objects.in_bulk(set(absorbed.values()))
        found = {
            asked: onto[customer.merged_into_id] if customer.merged_into_id else customer
            for asked, customer in found.items()
        }
    return found


def suppressions_of(address_hashes: Iterable[str], *, at: datetime | None = None) -> dict[str, list[str]]:
    """The reasons that hold for each address, those that stop everything first; `at`: those that there were by then."""
    found: dict[str, list[str]] = {}
    rows = Suppression.objects.filter(address_hash__in=set(address_hashes), **_by(at)).order_by("at", "pk")
    for address_hash, reason in rows.values_list("address_hash", "reason"):
        found.setdefault(address_hash, []).append(reason)
    return {each: sorted(reasons, key=lambda reason: reason not in STOPS_EVERYTHING) for each, reasons in found.items()}


def wishes_of(customer_ids: Iterable[int]) -> dict[int, ContactWish]:
    """How often they want to be written to, by customer; nothing for those who did not say."""
    return {wish.customer_id: wish for wish in ContactWish.objects.filter(customer__in=set(customer_ids))}


def consents_of(
    customer_ids: Iterable[int], topic_ids: Iterable[int], *, at: datetime | None = None
) -> dict[tuple[int, int], str]:
    """The state that counts, or counted `at` a moment, by (customer, topic); nothing for those who had said nothing."""
    said = ConsentRecord.objects.filter(customer__in=set(customer_ids), topic__in=set(topic_ids), **_by(at))
    rows = said.current()
    wanted = ("customer_id", "topic_id", "state", "source", "confirmed_at", "topic__needs_confirmation")
    return {
        (customer, topic): counts_as(state, source, confirmed_at, needs_confirmation=needs_confirmation)
        for customer, topic, state, source, confirmed_at, needs_confirmation in rows.values_list(*wanted)
    }


def _by(at: datetime | None) -> dict[str, datetime]:
    return {"at__lte": at} if at else {}
