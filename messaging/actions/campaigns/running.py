"""What campaigns do by themselves: begin, occur, take back, try again, end. Each call is one short transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_workspace_id
from customers.queries.filtering import Among
from customers.staging import fetch
from messaging.actions.campaigns.deciding import pause_campaign
from messaging.actions.queueing import QUEUE as MESSAGES
from messaging.actions.stopping import cancel_messages
from messaging.events import CampaignCompleted, CampaignStarted
from messaging.models import (
    LEASED_STATES,
    Campaign,
    CampaignQuerySet,
    CampaignState,
    CampaignTally,
    Message,
    MessageEvent,
    MessageState,
    PauseReason,
    Repeats,
)
from messaging.queries.readiness import what_stops
from messaging.reasons import Reason
from timeline.recording import record

STEP = 5_000
"""Messages that are changed in one transaction."""


@transaction.atomic
def start_due_campaigns(*, now: datetime) -> list[Campaign]:
    """Begin those whose time has come. One that lost what it needs since it was launched pauses, and says why."""
    due = untouched(state=CampaignState.SCHEDULED, starts_at__lte=now, repeats=Repeats.NEVER)
    return [campaign for campaign in due if _start(campaign, now)]


@transaction.atomic
def take_back_messages(campaign: Campaign, *, limit: int = STEP) -> bool:
    """Of one that was cancelled, the next that have not left. Whether these were all."""
    if not Campaign.objects.filter(pk=campaign.pk, state=CampaignState.CANCELLED).exists():
        return True
    waiting = Message.objects.filter(campaign=campaign, state=MessageState.QUEUED).order_by("not_before", "pk")
    in_hand = Message.objects.filter(campaign=campaign, state=MessageState.LEASED)
    ids = [*waiting.values_list("pk", flat=True)[:limit], *in_hand.values_list("pk", flat=True)]
    cancel_messages(Message.objects.filter(Among("pk", ids)), reason=Reason.CAMPAIGN_CANCELLED)
    return len(ids) < limit


@transaction.atomic
def requeue_failed(campaign: Campaign, *, limit: int = STEP) -> bool:
    """The next that failed for the reasons asked for, before that was asked. Whether these were all.

    A failed message was certainly not taken by the mail server, so that nobody gets it twice; the trigger
    `message_keeps_its_states` lets nothing else back.
    """
    taken = Campaign.objects.filter(pk=campaign.pk).exclude(retry_asked_at=None)
    asked = taken.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if asked is None:
        return True
    failed = Message.objects.filter(campaign=asked, state=MessageState.FAILED, reason__in=asked.retry_reasons or [])
    rows = list(failed.filter(settled_at__lte=asked.retry_asked_at).order_by("-pk").values_list("pk", "reason")[:limit])
    Message.objects.filter(Among("pk", [pk for pk, _ in rows]), state=MessageState.FAILED).update(
        state=MessageState.QUEUED, reason="", attempts=0, settled_at=None, not_before=timezone.now()
    )
    MessageEvent.objects.bulk_create(MessageEvent(message_id=pk, kind="retried", detail=reason) for pk, reason in rows)
    if len(rows) < limit:
        asked.retry_reasons = asked.retry_asked_at = None
        asked.save(update_fields=["retry_reasons", "retry_asked_at"])
    ring(MESSAGES)
    return len(rows) < limit


@transaction.atomic
def complete_campaigns(*, now: datetime) -> list[Campaign]:
    """Those of which nothing is left to be sent. What is in doubt may yet turn out not to have left: see `reopen`."""
    ended = []
    for campaign in untouched(state=CampaignState.SENDING, retry_asked_at=None).exclude(gathered_at=None):
        if not _has_something_left(campaign):
            campaign.state, campaign.ended_at = CampaignState.COMPLETED, now
            campaign.save(update_fields=["state", "ended_at"])
            record(CampaignCompleted(customer_id=None, campaign_id=campaign.pk))
            ended.append(campaign)
    return ended


@transaction.atomic
def reopen_campaigns() -> int:
    """Those that had ended, and of which a message in doubt has turned out not to have left: it goes out after all."""
    waiting = _waiting_campaigns()
    ended = Campaign.objects.filter(pk__in=waiting, state=CampaignState.COMPLETED)
    reopened = ended.update(state=CampaignState.SENDING, ended_at=None) if waiting else 0
    if reopened:
        ring(MESSAGES)
    return reopened


def cancelled_with_messages() -> list[Campaign]:
    return list(Campaign.objects.filter(pk__in=_waiting_campaigns(), state=CampaignState.CANCELLED).order_by("pk"))


def untouched(**which: Any) -> CampaignQuerySet:
    """Locked, for whoever decides about them; those that somebody else has locked are theirs to see to."""
    campaigns: CampaignQuerySet = Campaign.objects.filter(**which).order_by("pk")
    return campaigns.select_for_update(of=("self",), no_key=True, skip_locked=True)


def _start(campaign: Campaign, now: datetime) -> bool:
    if problems := what_stops(campaign):
        pause_campaign(campaign, reason=PauseReason.NOT_READY, detail=" ".join(problems))
        return False
    campaign.state, campaign.started_at = CampaignState.SENDING, now
    campaign.save(update_fields=["state", "started_at"])
    CampaignTally.objects.get_or_create(campaign=campaign)
    record(CampaignStarted(customer_id=None, campaign_id=campaign.pk))
    return True


def _has_something_left(campaign: Campaign) -> bool:
    """By two questions: what waits, and what is in hand, have an index each."""
    messages = Message.objects.filter(campaign=campaign)
    return messages.queued().exists() or messages.filter(state__in=LEASED_STATES).exists()


def _waiting_campaigns() -> list[int]:
    """Those with something queued, by one look into the index for each, however much it is."""
    found = fetch(
        """with recursive waiting (id) as (
             (select campaign_id from messaging_message
              where workspace_id = %(workspace)s and state = 'queued' and campaign_id is not null
              order by campaign_id limit 1)
             union all
             select (select m.campaign_id from messaging_message m
                     where m.workspace_id = %(workspace)s and m.state = 'queued' and m.campaign_id > w.id
                     order by m.campaign_id limit 1)
             from waiting w where w.id is not null)
           select id from waiting where id is not null""",
        {"workspace": current_workspace_id()},
    )
    return [pk for (pk,) in found]
