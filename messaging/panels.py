"""How messaging reads on a customer's timeline and profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from customers.contracts import Panel, TimelineEntry, describes, register_panel
from customers.models import Customer
from messaging import queries
from messaging.models import ConsentSource, SubscriptionTopic, SuppressionReason
from messaging.purposes import Purpose
from messaging.queries import MessageFilter
from messaging.reasons import reason_in_words
from timeline.models import Event

MESSAGES, CONSENT = "messages", "consent"
SHOWN = 5
_MESSAGE_WORDS = {
    "MessageSent": ("mail-check", "{} sent"),
    "MessageDelivered": ("mail-check", "{} delivered"),
    "MessageSkipped": ("mail-off", "{} not sent"),
    "MessageCancelled": ("mail-off", "{} taken back"),
    "MessageFailed": ("alert-triangle", "{} could not be sent"),
    "MessageInDoubt": ("help-circle", "Not known whether the {} was sent"),
    "MessageBounced": ("alert-triangle", "{} came back"),
    "MessageComplained": ("flag", "{} marked as spam"),
}
_CONSENT_WORDS = {
    "ConsentGiven": ("circle-check", "Agreed to “{}”"),
    "ConsentAsked": ("clock", "Asked for “{}”, not confirmed yet"),
    "ConsentWithdrawn": ("circle-x", "Wants no more of “{}”"),
}


@describes(*_MESSAGE_WORDS, group=MESSAGES)
def describe_messages(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    return {event.pk: _message_entry(event) for event in events}


@describes(*_CONSENT_WORDS, group=CONSENT)
def describe_consent(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    topics = SubscriptionTopic.objects.in_bulk({event.payload["topic_id"] for event in events})
    entries = {}
    for event in events:
        if topic := topics.get(event.payload["topic_id"]):
            icon, words = _CONSENT_WORDS[event.kind]
            entries[event.pk] = TimelineEntry(icon, words.format(topic), _label(ConsentSource, event.payload["source"]))
    return entries


@describes("AddressSuppressed", "AddressReleased", group=CONSENT)
def describe_suppression(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "AddressSuppressed": ("ban", "Address blocked"),
        "AddressReleased": ("arrow-back-up", "Address may be written to again"),
    }
    return {
        event.pk: TimelineEntry(*words[event.kind], _label(SuppressionReason, event.payload["reason"]))
        for event in events
    }


@describes("BirthdayReached", group=MESSAGES)
def describe_birthdays(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    return {event.pk: TimelineEntry("cake", "Had their birthday", "", _url(event)) for event in events}


def messages_panel(customer: Customer) -> dict[str, Any]:
    """What the customer wants to hear, whether the address may be written to, and the newest messages."""
    newest = queries.messages_for_list(MessageFilter(customer=customer.pk)).order_by("-pk")[:SHOWN]
    return {
        "customer": customer,
        "topics": queries.topic_states(customer),
        "suppressions": queries.suppressions_for(customer.email) if customer.email_norm else [],
        "recent": [(message, queries.why_not_sent(message)) for message in newest],
    }


register_panel(Panel("messages", "Messages & consent", 40, "messaging/_customer_panel.html", messages_panel))


def _message_entry(event: Event) -> TimelineEntry:
    icon, words = _MESSAGE_WORDS[event.kind]
    reason = event.payload.get("reason", "")
    purpose = _label(Purpose, event.payload["purpose"])
    return TimelineEntry(icon, words.format(purpose), reason_in_words(reason) if reason else "", _url(event))


def _url(event: Event) -> str:
    return reverse("messaging:message_detail", args=[event.payload["message_id"]])


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value.replace("_", " ")
