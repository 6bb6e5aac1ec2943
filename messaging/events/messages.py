"""`message_id` is the row of messaging.Message; `purpose` says what it was for (`birthday`)."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class MessageSent(EventBody):
    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageSkipped(EventBody):
    """`reason` is a code of messaging.reasons."""

    message_id: int
    purpose: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MessageCancelled(EventBody):
    message_id: int
    purpose: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MessageFailed(EventBody):
    message_id: int
    purpose: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MessageInDoubt(EventBody):
    """Its sender died before it could say whether the relay had taken it."""

    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageDelivered(EventBody):
    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageBounced(EventBody):
    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageComplained(EventBody):
    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageOpened(EventBody):
    """A person read it, for the first time. Mail programs that fetch every picture are none."""

    message_id: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class MessageClicked(EventBody):
    """A person followed one of its links, for the first time. `link` is its number in the message ("3", "3.2")."""

    message_id: int
    purpose: str
    link: str


@dataclass(frozen=True, kw_only=True)
class TemplateAdded(EventBody):
    template_id: int


@dataclass(frozen=True, kw_only=True)
class TemplateChanged(EventBody):
    template_id: int


@dataclass(frozen=True, kw_only=True)
class TemplateArchived(EventBody):
    template_id: int


@dataclass(frozen=True, kw_only=True)
class TemplateRestored(EventBody):
    template_id: int


@dataclass(frozen=True, kw_only=True)
class MessageReplied(EventBody):
    """The customer wrote back. Answers that a machine wrote are none."""

    message_id: int
    purpose: str
    reply_id: int


@dataclass(frozen=True, kw_only=True)
class TrackingChanged(EventBody):
    """What a workspace counts of how its messages are read."""

    policy_id: int


# After one of these, a report of messages says something else than before.
WHAT_BECOMES_OF_MESSAGES = (
    MessageSent,
    MessageSkipped,
    MessageCancelled,
    MessageFailed,
    MessageInDoubt,
    MessageDelivered,
    MessageBounced,
    MessageComplained,
    MessageOpened,
    MessageClicked,
)
