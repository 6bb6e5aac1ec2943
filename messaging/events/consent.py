"""What people want to hear, what their addresses are spared, and the rules of the workspace about both."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(EventBody):
    """`source` is a ConsentSource."""

    topic_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ConsentAsked(EventBody):
    """Somebody asked to be told about a topic; the address has yet to confirm it."""

    topic_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ConsentConfirmed(EventBody):
    """Somebody who had agreed to a topic confirmed it: double opt-in. Who does both at once has given it."""

    topic_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ConfirmationLapsed(EventBody):
    """The address by which somebody confirmed it was changed: it is given, and not confirmed."""

    topic_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(EventBody):
    topic_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class AddressSuppressed(EventBody):
    """On the customer who has the address, if anybody has. `reason` is a SuppressionReason."""

    suppression_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AddressReleased(EventBody):
    suppression_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class TopicAdded(EventBody):
    topic_id: int


@dataclass(frozen=True, kw_only=True)
class TopicChanged(EventBody):
    topic_id: int


@dataclass(frozen=True, kw_only=True)
class TopicArchived(EventBody):
    topic_id: int


@dataclass(frozen=True, kw_only=True)
class TopicRestored(EventBody):
    topic_id: int


@dataclass(frozen=True, kw_only=True)
class ConfirmationPolicySet(EventBody):
    """Of all topics that follow the workspace: each whose customers' consent counts otherwise now has its own event."""

    needs_confirmation: bool


@dataclass(frozen=True, kw_only=True)
class QuietHoursSet(EventBody):
    """Hours of the customer's day."""

    begins: int
    ends: int


@dataclass(frozen=True, kw_only=True)
class QuietHoursEnded(EventBody):
    pass


@dataclass(frozen=True, kw_only=True)
class FrequencyPolicySet(EventBody):
    policy_id: int
    messages: int
    days: int


@dataclass(frozen=True, kw_only=True)
class FrequencyPolicyRemoved(EventBody):
    policy_id: int
