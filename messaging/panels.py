"""How messaging reads on a customer's timeline and profile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.contracts import Panel, TimelineEntry, describes, register_panel, timeline_group
from customers.models import Customer
from messaging import queries
from messaging.flows.endings import Ending, ending_in_words
from messaging.models import ConsentSource, Flow, SubscriptionTopic, SuppressionReason
from messaging.purposes import Purpose
from messaging.queries import MessageFilter
from messaging.reasons import reason_in_words
from timeline.models import Event

MESSAGES = timeline_group("messages", gettext_lazy("Messages"))
CONSENT = timeline_group("consent", gettext_lazy("Consent"))
SHOWN = 5
_MESSAGE_WORDS = {
    "MessageSent": ("mail-check", gettext_lazy("%s sent")),
    "MessageDelivered": ("mail-check", gettext_lazy("%s delivered")),
    "MessageOpened": ("eye", gettext_lazy("%s read")),
    "MessageClicked": ("external-link", gettext_lazy("Followed a link of the %s")),
    "MessageSkipped": ("mail-off", gettext_lazy("%s not sent")),
    "MessageCancelled": ("mail-off", gettext_lazy("%s taken back")),
    "MessageFailed": ("alert-triangle", gettext_lazy("%s could not be sent")),
    "MessageInDoubt": ("help-circle", gettext_lazy("Not known whether the %s was sent")),
    "MessageReplied": ("message-circle", gettext_lazy("%s answered")),
    "MessageBounced": ("alert-triangle", gettext_lazy("%s came back")),
    "MessageConverted": ("shopping-cart", gettext_lazy("Ordered after the %s")),
    "ConversionRevoked": ("arrow-back-up", gettext_lazy("The order no longer counts for the %s")),
    "MessageComplained": ("flag", gettext_lazy("%s marked as spam")),
}
_CONSENT_WORDS = {
    "ConsentGiven": ("circle-check", gettext_lazy("Agreed to “%s”")),
    "ConsentAsked": ("clock", gettext_lazy("Asked for “%s”, not confirmed yet")),
    "ConsentConfirmed": ("circle-check", gettext_lazy("Confirmed “%s”")),
    "ConfirmationLapsed": ("clock", gettext_lazy("Had confirmed “%s” by another address")),
    "ConsentWithdrawn": ("circle-x", gettext_lazy("Wants no more of “%s”")),
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
            entries[event.pk] = TimelineEntry(icon, words % topic, _label(ConsentSource, event.payload["source"]))
    return entries


@describes("MessagesPaused", "PauseEnded", "PauseRanOut", "LessOftenChosen", "LessOftenEnded", group=CONSENT)
def describe_wishes(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "MessagesPaused": ("player-pause", _("Paused all marketing messages")),
        "PauseEnded": ("arrow-back-up", _("Ended the pause of marketing messages")),
        "PauseRanOut": ("clock", _("The pause of marketing messages was over")),
        "LessOftenChosen": ("clock", _("Wants no more than one message a week")),
        "LessOftenEnded": ("arrow-back-up", _("Wants messages whenever there is something")),
    }
    return {event.pk: TimelineEntry(*words[event.kind], _until(event)) for event in events}


def _until(event: Event) -> str:
    until = event.payload.get("until")
    return _("Until %s") % date_format(localtime(datetime.fromisoformat(until)), "DATE_FORMAT") if until else ""


@describes("AddressSuppressed", "AddressReleased", group=CONSENT)
def describe_suppression(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "AddressSuppressed": ("ban", _("Address blocked")),
        "AddressReleased": ("arrow-back-up", _("Address may be written to again")),
    }
    return {
        event.pk: TimelineEntry(*words[event.kind], _label(SuppressionReason, event.payload["reason"]))
        for event in events
    }


@describes("BirthdayReached", group=MESSAGES)
def describe_birthdays(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    return {event.pk: TimelineEntry("cake", _("Had their birthday"), "", _url(event)) for event in events}


@describes("FlowEntered", "FlowHeldOut", "FlowExited", "FlowCompleted", group=MESSAGES)
def describe_flows(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    flows = Flow.objects.in_bulk({event.payload["flow_id"] for event in events})
    words = {
        "FlowEntered": ("arrow-right", _("Entered the flow “%s”")),
        "FlowHeldOut": ("user-off", _("Held out of the flow “%s”")),
        "FlowExited": ("logout", _("Left the flow “%s”")),
        "FlowCompleted": ("circle-check", _("Finished the flow “%s”")),
    }
    entries = {}
    for event in events:
        if flow := flows.get(event.payload["flow_id"]):
            icon, text = words[event.kind]
            reason = Ending.HELD_OUT if event.kind == "FlowHeldOut" else event.payload.get("reason", "")
            url = reverse("messaging:enrolment_detail", args=[flow.pk, event.payload["enrolment_id"]])
            entries[event.pk] = TimelineEntry(icon, text % flow, ending_in_words(reason) if reason else "", url)
    return entries


def messages_panel(customer: Customer) -> dict[str, Any]:
    """What the customer wants to hear, whether the address may be written to, and the newest messages."""
    newest = queries.messages_for_list(MessageFilter(customer=customer.pk)).order_by("-pk")[:SHOWN]
    return {
        "customer": customer,
        "topics": queries.topic_states(customer),
        "wish": queries.contact_wish(customer),
        "suppressions": queries.suppressions_for(customer.email) if customer.email_norm else [],
        "recent": queries.with_reasons(newest),
    }


register_panel(
    Panel("messages", gettext_lazy("Messages & consent"), 40, "messaging/_customer_panel.html", messages_panel)
)


def _message_entry(event: Event) -> TimelineEntry:
    icon, words = _MESSAGE_WORDS[event.kind]
    reason = event.payload.get("reason", "")
    purpose = _label(Purpose, event.payload["purpose"])
    return TimelineEntry(icon, words % purpose, reason_in_words(reason) if reason else "", _url(event))


def _url(event: Event) -> str:
    return reverse("messaging:message_detail", args=[event.payload["message_id"]])


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value.replace("_", " ")
