"""From a campaign to one message for everybody in its audience."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_workspace
from customers.models import Segment
from customers.queries.filtering import Among
from messaging.actions.queueing import queue_messages
from messaging.drafts import MessageDraft
from messaging.events import MessageSkipped
from messaging.holdout import is_held_out
from messaging.local_mornings import first_instant, zone_or
from messaging.models import Campaign, Message, MessageState, Priority, Timing
from messaging.purposes import Purpose
from messaging.queries.audiences import Audience, Member
from messaging.reasons import Reason
from timeline.recording import record_many

STRETCH = 5_000
"""Customers who are looked at in one transaction."""


@dataclass(frozen=True)
class Gathered:
    """`is_waiting`: a segment is still looking at everybody, or another worker is at it."""

    is_all: bool = False
    is_waiting: bool = False


@transaction.atomic
def gather_audience(campaign: Campaign, *, limit: int = STRETCH) -> Gathered:
    """Put the next stretch of the audience into the outbox, and write down how far that was, together.

    So a stretch is done or not done, whenever its worker dies; and two workers do not do the same one.
    """
    sending = Campaign.objects.sending().filter(pk=campaign.pk, gathered_at=None)
    taken = sending.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if taken is None or _is_building(taken):
        return Gathered(is_waiting=True)
    stretch = Audience(taken).stretch(after=taken.place, limit=limit)
    members = _without_written(taken, stretch.members)
    drafts = list(_drafts(taken, members))
    queue_messages(drafts)
    _tell_held_out(taken, [draft.customer_id for draft in drafts if draft.held_out and draft.customer_id])
    taken.place = stretch.place
    taken.audience_count += len(members)
    taken.gathered_at = timezone.now() if stretch.is_last else None
    taken.save(update_fields=["place", "audience_count", "gathered_at"])
    return Gathered(is_all=stretch.is_last)


def campaign_key(campaign_id: int, customer_id: int) -> str:
    return f"{Purpose.CAMPAIGN}:{campaign_id}:{customer_id}"


def _is_building(campaign: Campaign) -> bool:
    chosen = campaign.segments.values("segment")
    return Segment.objects.filter(pk__in=chosen, build_from__isnull=False, fault="").exists()


def _without_written(campaign: Campaign, members: Sequence[Member]) -> list[Member]:
    """Somebody who was written to under another record, which was merged into this one meanwhile, is not again."""
    ids = [member.customer_id for member in members]
    written = set(
        Message.objects.filter(Among("customer_id", ids), campaign=campaign).values_list("customer_id", flat=True)
    )
    return [member for member in members if member.customer_id not in written]


def _drafts(campaign: Campaign, members: Sequence[Member]) -> Iterator[MessageDraft]:
    due = _Due(campaign)
    assert campaign.version_id is not None, "what sends has a version"  # noqa: S101
    for member in members:
        yield MessageDraft(
            address=member.email,
            purpose=Purpose.CAMPAIGN,
            dedupe_key=campaign_key(campaign.pk, member.customer_id),
            template_version_id=campaign.version_id,
            customer_id=member.customer_id,
            topic_id=campaign.topic_id,
            priority=Priority.CAMPAIGN,
            not_before=due.at(member.zone),
            campaign_id=campaign.pk,
            held_out=is_held_out(str(campaign.pk), member.customer_id, percent=campaign.holdout_percent),
        )


class _Due:
    """When a message becomes due where its customer lives: each zone is asked for once."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._day = campaign.occurs_on or campaign.send_on
        self._home = zone_or(campaign.zone, current_workspace().tzinfo)
        self._found: dict[str, datetime] = {}

    def at(self, zone: str) -> datetime | None:
        """None: at once, which those whose time is over already get it as well."""
        if self._campaign.timing != Timing.CUSTOMER or self._day is None or self._campaign.send_time is None:
            return None
        if zone not in self._found:
            self._found[zone] = first_instant(self._day, self._campaign.send_time, zone_or(zone, self._home))
        return self._found[zone]


def _tell_held_out(campaign: Campaign, customer_ids: Sequence[int]) -> None:
    if not customer_ids:
        return
    keys = [campaign_key(campaign.pk, customer_id) for customer_id in customer_ids]
    held = Message.objects.filter(dedupe_key__in=keys, state=MessageState.SKIPPED).values_list("pk", "customer_id")
    record_many(
        MessageSkipped(customer_id=customer_id, message_id=pk, purpose=Purpose.CAMPAIGN, reason=Reason.HOLDOUT)
        for pk, customer_id in held.order_by("pk")
    )
