"""Customers to write to, and what becomes of the messages to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from customers.models import Customer, Segment
from messaging.actions.campaigns import gather_audience, launch_campaign, start_due_campaigns
from messaging.models import Campaign, Message, MessageQuerySet, Reach, SubscriptionTopic
from tests.factories.campaigns import CampaignFactory, ListedFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def subscriber(topic: SubscriptionTopic, *lists: Segment, **fields: Any) -> Customer:
    customer = CustomerFactory(**fields)
    ConsentFactory(customer=customer, topic=topic)
    for each in lists:
        ListedFactory(segment=each, customer=customer)
    return customer


def started(**fields: Any) -> Campaign:
    """Launched, and its time has come."""
    campaign = launch_campaign(CampaignFactory(**fields))
    start_due_campaigns(now=max(timezone.now(), campaign.starts_at or timezone.now()))
    campaign.refresh_from_db()
    return campaign


def to_lists(topic: SubscriptionTopic, *included: Segment, excluded: Segment | None = None, **fields: Any) -> Campaign:
    campaign = CampaignFactory(topic=topic, reach=Reach.SEGMENTS, **fields)
    for each in included:
        campaign.segments.create(segment=each)
    if excluded:
        campaign.segments.create(segment=excluded, is_excluded=True)
    launch_campaign(campaign)
    start_due_campaigns(now=timezone.now())
    campaign.refresh_from_db()
    return campaign


def gathered(campaign: Campaign, *, limit: int = 5_000) -> MessageQuerySet:
    """Its messages, once all of its audience was looked at."""
    while not gather_audience(campaign, limit=limit).is_all:
        pass
    campaign.refresh_from_db()
    return messages_of(campaign)


def messages_of(campaign: Campaign) -> MessageQuerySet:
    found: MessageQuerySet = Message.objects.filter(campaign=campaign).order_by("pk")
    return found


def state_of(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.state


def fails(*messages: Message, reason: str = "gave_up") -> None:
    rows = Message.objects.filter(pk__in=[message.pk for message in messages])
    rows.update(state="leased", lease_token="a worker", lease_expires_at=timezone.now())
    rows.update(
        state="failed", lease_token="", lease_expires_at=None, reason=reason, attempts=8, settled_at=timezone.now()
    )


def leaves(*messages: Message, then: str = "") -> None:
    """The relay took it; `then` it came back, or its recipient complained."""
    rows = Message.objects.filter(pk__in=[message.pk for message in messages])
    rows.update(state="leased", lease_token="a worker", lease_expires_at=timezone.now())
    rows.update(state="sending", tried_at=timezone.now())
    rows.update(state="sent", lease_token="", lease_expires_at=None, sent_at=timezone.now())
    if then:
        rows.update(state=then)
