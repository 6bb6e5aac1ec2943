"""Campaigns, and the orders that count for messages."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


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
