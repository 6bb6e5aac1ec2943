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
class BirthdayReached(EventBody):
    """It is the morning of the birthday where the customer lives; the greeting is in the queue."""

    year: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class FlowAdded(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowChanged(EventBody):
    """From version `number` on. Whoever is on the way stays on the version they entered under."""

    flow_id: int
    number: int


@dataclass(frozen=True, kw_only=True)
class FlowRenamed(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowSwitchedOn(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowSwitchedOff(EventBody):
    """`is_left`: whoever was on the way was taken out."""

    flow_id: int
    is_left: bool


@dataclass(frozen=True, kw_only=True)
class FlowArchived(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowBackfilled(EventBody):
    """Past customers of the last `days` were brought in."""

    flow_id: int
    days: int


@dataclass(frozen=True, kw_only=True)
class FlowEntered(EventBody):
    flow_id: int
    enrolment_id: int


@dataclass(frozen=True, kw_only=True)
class FlowExited(EventBody):
    """Before its end. `reason` is a code of messaging.flows.endings."""

    flow_id: int
    enrolment_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FlowCompleted(EventBody):
    """At its end, or because its goal was reached."""

    flow_id: int
    enrolment_id: int
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
class TrackingChanged(EventBody):
    """What a workspace counts of how its messages are read."""

    policy_id: int


@dataclass(frozen=True, kw_only=True)
class GreetingChanged(EventBody):
    greeting_id: int


@dataclass(frozen=True, kw_only=True)
class GreetingSwitchedOn(EventBody):
    greeting_id: int


@dataclass(frozen=True, kw_only=True)
class GreetingSwitchedOff(EventBody):
    greeting_id: int


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


@dataclass(frozen=True, kw_only=True)
class CampaignAdded(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignChanged(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignRemoved(EventBody):
    """A draft that nobody wanted."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignApprovalAsked(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignScheduled(EventBody):
    """Somebody who may send launched it; it starts when its time comes, which may be now."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignStarted(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignPaused(EventBody):
    """`reason` is a PauseReason: by hand, or by itself, which somebody should be told of."""

    campaign_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CampaignResumed(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignCancelled(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignRetried(EventBody):
    """What failed for these reasons is tried again."""

    campaign_id: int
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class CampaignCompleted(EventBody):
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class MessageConverted(EventBody):
    """An order that counts for a message. `value_minor` is in `currency`, the workspace's."""

    message_id: int
    purpose: str
    order_id: int
    value_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ConversionRevoked(EventBody):
    """The order was cancelled or refunded, or counts for another message."""

    message_id: int
    purpose: str
    order_id: int


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
