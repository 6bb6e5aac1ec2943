"""Who lets a campaign go, stops it, and lets it go on."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.actions.audit import audit
from accounts.doorbells import ring
from accounts.models import User
from accounts.scope import current_workspace
from messaging.actions.campaigns.building import locked
from messaging.actions.queueing import CAMPAIGNS
from messaging.actions.queueing import QUEUE as MESSAGES
from messaging.actions.templates import refresh_template
from messaging.events import (
    CampaignApprovalAsked,
    CampaignCancelled,
    CampaignPaused,
    CampaignResumed,
    CampaignRetried,
    CampaignScheduled,
)
from messaging.local_mornings import zone_or
from messaging.models import Campaign, CampaignState, PauseReason, Timing
from messaging.queries.campaigns import newest_day
from messaging.queries.readiness import what_stops
from messaging.refusals import CampaignNotReady, NeedsAnotherPerson, WrongMoment
from messaging.schedules import first_day, starts_on
from timeline.recording import record

NOT_LAUNCHED = (CampaignState.DRAFT, CampaignState.AWAITING)
LONGEST_DETAIL = 500


@transaction.atomic
def ask_approval(campaign: Campaign) -> Campaign:
    """Done, as far as its author is concerned. Raises CampaignNotReady, WrongMoment."""
    campaign = locked(campaign)
    if campaign.state != CampaignState.DRAFT:
        raise WrongMoment(campaign)
    _refuse_unready(campaign)
    campaign.state = CampaignState.AWAITING
    campaign.save(update_fields=["state"])
    record(CampaignApprovalAsked(customer_id=None, campaign_id=campaign.pk))
    return campaign


@transaction.atomic
def launch_campaign(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """Let it go when its time comes, with the words that its template has now.

    `user` None is a program, which is nobody's other person. Raises CampaignNotReady, NeedsAnotherPerson, WrongMoment.
    """
    campaign = locked(campaign)
    if campaign.state not in NOT_LAUNCHED or campaign.template is None:
        if campaign.state in NOT_LAUNCHED:
            _refuse_unready(campaign)
        raise WrongMoment(campaign)
    if current_workspace().needs_approval and (user is None or user in (campaign.built_by, campaign.edited_by)):
        raise NeedsAnotherPerson
    _refuse_unready(campaign)
    campaign.version = refresh_template(campaign.template)
    campaign.approved_by, campaign.state = user, CampaignState.SCHEDULED
    _set_start(campaign)
    campaign.save()
    record(CampaignScheduled(customer_id=None, campaign_id=campaign.pk))
    audit("launched a campaign", campaign)
    ring(CAMPAIGNS, due_at=None if campaign.timing == Timing.AT_ONCE else campaign.starts_at)
    return campaign


@transaction.atomic
def pause_campaign(campaign: Campaign, *, reason: PauseReason = PauseReason.BY_HAND, detail: str = "") -> Campaign:
    """From now on none of its messages begins to leave. What the mail server is being given at this moment does.

    One that repeats does not occur until it is resumed. Raises WrongMoment.
    """
    campaign = locked(campaign)
    is_waiting = campaign.state == CampaignState.SCHEDULED and (campaign.is_repeating or reason != PauseReason.BY_HAND)
    if campaign.state != CampaignState.SENDING and not is_waiting:
        raise WrongMoment(campaign)
    campaign.state, campaign.pause_reason = CampaignState.PAUSED, reason
    campaign.pause_detail = detail[:LONGEST_DETAIL]
    campaign.save(update_fields=["state", "pause_reason", "pause_detail"])
    record(CampaignPaused(customer_id=None, campaign_id=campaign.pk, reason=reason))
    return campaign


@transaction.atomic
def resume_campaign(campaign: Campaign) -> Campaign:
    """On from where it stood. One that had not begun is looked at again. Raises WrongMoment, CampaignNotReady."""
    campaign = locked(campaign)
    if campaign.state != CampaignState.PAUSED:
        raise WrongMoment(campaign)
    if campaign.started_at is None:
        _refuse_unready(campaign)
        if campaign.is_repeating:
            _set_start(campaign)
    campaign.state = CampaignState.SENDING if campaign.started_at else CampaignState.SCHEDULED
    campaign.pause_reason = campaign.pause_detail = ""
    campaign.save()
    record(CampaignResumed(customer_id=None, campaign_id=campaign.pk))
    ring(CAMPAIGNS)
    ring(MESSAGES)
    return campaign


@transaction.atomic
def cancel_campaign(campaign: Campaign) -> Campaign:
    """For good. What has not left is taken back, step by step; what has left stays sent. Raises WrongMoment."""
    campaign = locked(campaign)
    if campaign.state in {CampaignState.DRAFT, CampaignState.COMPLETED, CampaignState.CANCELLED}:
        raise WrongMoment(campaign)
    campaign.state, campaign.ended_at, campaign.retry_asked_at = CampaignState.CANCELLED, timezone.now(), None
    campaign.save(update_fields=["state", "ended_at", "retry_asked_at"])
    record(CampaignCancelled(customer_id=None, campaign_id=campaign.pk))
    audit("cancelled a campaign", campaign)
    ring(CAMPAIGNS)
    return campaign


@transaction.atomic
def retry_campaign(campaign: Campaign, *, reasons: list[str]) -> Campaign:
    """Try again, step by step, what has failed for these reasons until now, and nothing else. Raises WrongMoment."""
    campaign = locked(campaign)
    if campaign.state not in {CampaignState.SENDING, CampaignState.PAUSED, CampaignState.COMPLETED}:
        raise WrongMoment(campaign)
    campaign.retry_reasons, campaign.retry_asked_at = sorted(set(reasons)), timezone.now()
    if campaign.state == CampaignState.COMPLETED:
        campaign.state, campaign.ended_at = CampaignState.SENDING, None
    campaign.save(update_fields=["retry_reasons", "retry_asked_at", "state", "ended_at"])
    record(CampaignRetried(customer_id=None, campaign_id=campaign.pk, reasons=campaign.retry_reasons))
    ring(CAMPAIGNS)
    return campaign


def _refuse_unready(campaign: Campaign) -> None:
    if problems := what_stops(campaign):
        raise CampaignNotReady(problems)


def _set_start(campaign: Campaign) -> None:
    """When to begin: now, on its day, or of one that repeats on the next of its days that had no run."""
    zone = zone_or(campaign.zone, current_workspace().tzinfo)
    if campaign.timing == Timing.AT_ONCE or (campaign.send_on is None and not campaign.is_repeating):
        campaign.starts_at = timezone.now()
        return
    if campaign.is_repeating:
        campaign.occurs_on = first_day(campaign, zone, after=newest_day(campaign))
    day = campaign.occurs_on or campaign.send_on
    assert day is not None, "what has a time has a day"  # noqa: S101
    campaign.starts_at = starts_on(campaign, day, zone)
