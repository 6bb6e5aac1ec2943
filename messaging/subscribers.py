from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from customers.events import (
    CustomerChanged,
    CustomerJoined,
    CustomerRestored,
    CustomersMerged,
    MergeUndone,
    customers_of,
)
from messaging import actions
from messaging.actions import campaigns, conversions
from messaging.actions.flow_days import look_at_days_of
from messaging.actions.listening import follow_events
from messaging.events import (
    WHAT_BECOMES_OF_MESSAGES,
    ConsentConfirmed,
    ConsentGiven,
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageFailed,
    MessageOpened,
    MessageSent,
)
from messaging.models import Enrolment, Flow, Message, SuppressionReason
from messaging.reasons import Reason
from sales.events import WHAT_ORDERS_COUNT
from timeline.models import Event
from timeline.registry import subscribe

MOVES_A_BIRTHDAY = {"birthday", "zone", "email"}
# RFC 3463: no such mailbox or system, bad syntax, moved without a forwarding address, a domain that takes no mail.
NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(?:1|2|3|6|10)\b")


@subscribe(CustomerChanged)
def follow_edited_birthdays(events: Sequence[Event]) -> None:
    changed = {event.customer_id for event in events if MOVES_A_BIRTHDAY & set(event.payload["changed"])}
    if customer_ids := sorted(customer_id for customer_id in changed if customer_id is not None):
        actions.reconsider_birthdays(customer_ids)


@subscribe(CustomerChanged)
def ask_changed_addresses(events: Sequence[Event]) -> None:
    """The first of several changes: what went to the address before that one says whether it is another."""
    changed = {
        event.customer_id: event.occurred_at
        for event in reversed(events)
        if event.customer_id and "email" in event.payload["changed"]
    }
    if changed:
        actions.lapse_confirmations(changed)


@subscribe(CustomerJoined, CustomerRestored, ConsentGiven, ConsentConfirmed)
def greet_newcomers(events: Sequence[Event]) -> None:
    """Somebody who joins, or agrees, on their birthday need not wait for the next quarter of an hour."""
    actions.look_for_birthdays()


@subscribe(MessageSent)
def keep_last_sendings(events: Sequence[Event]) -> None:
    actions.remember_sendings(_latest(events))


@subscribe(MessageOpened, MessageClicked)
def keep_last_readings(events: Sequence[Event]) -> None:
    opened, clicked = (
        _latest([event for event in events if event.kind == kind]) for kind in (MessageOpened.kind, MessageClicked.kind)
    )
    actions.remember_readings(opened, clicked)


@subscribe(MessageFailed)
def suppress_refused_addresses(events: Sequence[Event]) -> None:
    """A relay that says at once that there is no such address. Other refusals are about the message, or about us."""
    refused = [event for event in events if event.payload["reason"] == Reason.REFUSED]
    dead = [message for message in _messages(refused) if NO_SUCH_ADDRESS.search(message.reply)]
    actions.suppress_recipients(dead, reason=SuppressionReason.BOUNCED)


@subscribe(MessageBounced)
def suppress_bounced_addresses(events: Sequence[Event]) -> None:
    actions.suppress_recipients(_messages(events), reason=SuppressionReason.BOUNCED)


@subscribe(MessageComplained)
def suppress_complainants(events: Sequence[Event]) -> None:
    actions.suppress_recipients(_messages(events), reason=SuppressionReason.COMPLAINED)


def _latest(events: Sequence[Event]) -> dict[int, datetime]:
    """The newest instant of each customer."""
    latest: dict[int, datetime] = {}
    for event in events:
        if event.customer_id is not None:
            latest[event.customer_id] = max(event.occurred_at, latest.get(event.customer_id, event.occurred_at))
    return latest


@subscribe(when=lambda: Flow.objects.on().exists() or Enrolment.objects.exists())
def follow_flows(events: Sequence[Event]) -> None:
    """Anything may begin a flow, end one, or be waited for: each flow knows what it listens to."""
    follow_events(events)


@subscribe(CustomerJoined, CustomerChanged, CustomerRestored)
def look_at_new_days(events: Sequence[Event]) -> None:
    """Somebody who joins on their day, or whose date was edited to today, need not wait for a year."""
    look_at_days_of(sorted({event.customer_id for event in events if event.customer_id}), now=timezone.now())


@subscribe(*WHAT_BECOMES_OF_MESSAGES)
def count_campaigns(events: Sequence[Event]) -> None:
    campaigns.mark_stale({event.payload["message_id"] for event in events})


@subscribe(MessageBounced, MessageComplained, MessageFailed)
def watch_campaigns(events: Sequence[Event]) -> None:
    campaigns.pause_harmful_campaigns({event.payload["message_id"] for event in events})


@subscribe(*WHAT_ORDERS_COUNT)
def attribute_orders(events: Sequence[Event]) -> None:
    conversions.attribute_orders({event.payload["order_id"] for event in events})


@subscribe(MessageOpened, MessageClicked)
def attribute_readings(events: Sequence[Event]) -> None:
    conversions.attribute_readings({event.payload["message_id"] for event in events})


@subscribe(CustomersMerged, MergeUndone)
def attribute_merged(events: Sequence[Event]) -> None:
    conversions.attribute_merged(customers_of(events), now=timezone.now())


def _messages(events: Sequence[Event]) -> list[Message]:
    return list(Message.objects.filter(pk__in=[event.payload["message_id"] for event in events]).order_by("pk"))
