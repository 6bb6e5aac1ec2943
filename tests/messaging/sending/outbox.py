"""What the database says of messages, and how time passes for them."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from messaging.models import Message, MessageEvent, MessageState
from timeline.models import Event

PAST = timedelta(minutes=5)


def row(message: Message) -> tuple[str, str, int]:
    """Its state, the reason for it and the attempts so far."""
    message.refresh_from_db()
    return message.state, message.reason, message.attempts


def states(*messages: Message) -> list[str]:
    return [row(message)[0] for message in messages]


def later() -> None:
    """The back-off of whatever waits is over, and so is every pause of the relay or of a domain."""
    Message.objects.filter(state=MessageState.QUEUED).update(not_before=timezone.now() - PAST)
    cache.clear()


def leases_end() -> None:
    Message.objects.filter(state__in=("leased", "sending")).update(lease_expires_at=timezone.now() - PAST)


def told_of(message: Message) -> list[str]:
    """The kinds of events that the timeline has of it, in order."""
    events = Event.objects.filter(payload__message_id=message.pk).order_by("pk")
    return list(events.values_list("kind", flat=True))


def history_of(message: Message) -> list[tuple[str, str]]:
    return list(MessageEvent.objects.filter(message=message).order_by("pk").values_list("kind", "detail"))


def put_in_doubt(message: Message, *, tried: timedelta = timedelta(hours=1)) -> Message:
    """As if its worker had died `tried` ago, with the body on its way."""
    rows = Message.objects.filter(pk=message.pk)
    rows.update(state="leased", lease_token="dead:1:x", lease_expires_at=timezone.now())
    rows.update(state="sending", tried_at=timezone.now() - tried, context={"name": "Zoë"})
    rows.update(state="unknown", lease_token="", lease_expires_at=None, attempts=1)
    message.refresh_from_db()
    return message
