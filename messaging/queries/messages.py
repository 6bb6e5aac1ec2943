from __future__ import annotations

from dataclasses import dataclass

from messaging.models import Message, MessageEvent, MessageQuerySet
from messaging.reasons import reason_in_words


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """`q` is an address, whole. Empty means any."""

    q: str = ""
    state: str = ""
    topic: int | None = None
    purpose: str = ""
    customer: int | None = None


def messages_for_list(wanted: MessageFilter) -> MessageQuerySet:
    messages = Message.objects.select_related("customer", "topic", "template_version")
    if wanted.q:
        messages = messages.filter(address__iexact=wanted.q)
    if wanted.state:
        messages = messages.filter(state=wanted.state)
    if wanted.topic is not None:
        messages = messages.filter(topic=wanted.topic)
    if wanted.purpose:
        messages = messages.filter(purpose=wanted.purpose)
    if wanted.customer is not None:
        messages = messages.filter(customer=wanted.customer)
    return messages


def message_for_detail() -> MessageQuerySet:
    return Message.objects.select_related("customer", "topic", "template_version__template")


def message_history(message: Message) -> list[MessageEvent]:
    return list(MessageEvent.objects.filter(message=message).order_by("pk"))


def why_not_sent(message: Message) -> str:
    """In words; empty for what was sent or still may be."""
    return reason_in_words(message.reason) if message.reason else ""
