"""Drafts: what is to be sent, to whom and when."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.scope import current_workspace
from customers.normalising import clean_line
from messaging.actions.templates import add_template, send_test_message
from messaging.campaign_plans import CampaignPlan
from messaging.events import CampaignAdded, CampaignChanged, CampaignRemoved
from messaging.models import Campaign, CampaignSegment, CampaignState, Reach, Repeats, Timing
from messaging.queries import newest_version
from messaging.refusals import CampaignNotReady, CampaignUnderWay
from timeline.recording import record


@transaction.atomic
def add_campaign(plan: CampaignPlan, *, user: User | None = None, words: tuple[str, str] | None = None) -> Campaign:
    """A draft. Raises ValueRefused; of `words`, subject and text of a new template, BadTemplate."""
    campaign = Campaign(built_by=user)
    _write(campaign, _with_words(plan, words, user), user)
    record(CampaignAdded(customer_id=None, campaign_id=campaign.pk))
    return campaign


@transaction.atomic
def edit_campaign(
    campaign: Campaign, plan: CampaignPlan, *, user: User | None = None, words: tuple[str, str] | None = None
) -> Campaign:
    """What it is to be from now on: a draft again, also if it was scheduled. Raises as above, and CampaignUnderWay."""
    campaign = locked(campaign)
    if not campaign.is_editable:
        raise CampaignUnderWay(campaign)
    campaign.state, campaign.version, campaign.approved_by = CampaignState.DRAFT, None, None
    campaign.starts_at, campaign.occurs_on = None, None
    _write(campaign, _with_words(plan, words, user), user)
    record(CampaignChanged(customer_id=None, campaign_id=campaign.pk))
    return campaign


@transaction.atomic
def copy_campaign(campaign: Campaign, *, name: str, user: User | None = None) -> Campaign:
    """A draft like it, to begin from. Raises ValueRefused."""
    return add_campaign(plan_of(campaign, name=name), user=user)


@transaction.atomic
def remove_campaign(campaign: Campaign) -> None:
    """A draft that nobody wants. Raises CampaignUnderWay: what was launched stays to be read."""
    campaign = locked(campaign)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignUnderWay(campaign)
    record(CampaignRemoved(customer_id=None, campaign_id=campaign.pk))
    campaign.delete()


def plan_of(campaign: Campaign, *, name: str = "") -> CampaignPlan:
    chosen = list(CampaignSegment.objects.filter(campaign=campaign).select_related("segment").order_by("segment__name"))
    return CampaignPlan(
        name=name or campaign.name,
        template=campaign.template,
        topic=campaign.topic,
        reach=Reach(campaign.reach),
        included=[each.segment for each in chosen if not each.is_excluded],
        excluded=[each.segment for each in chosen if each.is_excluded],
        timing=Timing(campaign.timing),
        send_on=campaign.send_on,
        send_time=campaign.send_time,
        repeats=Repeats(campaign.repeats),
        repeat_day=campaign.repeat_day,
        per_hour=campaign.per_hour,
        holdout_percent=campaign.holdout_percent,
        goal_days=campaign.goal_days,
    )


def locked(campaign: Campaign) -> Campaign:
    """Its row, for whoever decides about it next. Messages can be added and sent meanwhile, its state can't change."""
    return Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)


def _with_words(plan: CampaignPlan, words: tuple[str, str] | None, user: User | None) -> CampaignPlan:
    if words is None:
        return plan
    subject, body = words
    name = clean_line(plan.name, field="name", longest=120)
    return replace(plan, template=add_template(name=name, subject=subject, body=body, written_by=user).template)


@transaction.atomic
def send_test_campaign(campaign: Campaign, *, user: User) -> None:
    """The newest words, to somebody of the staff, with an invented customer. Raises CampaignNotReady."""
    if campaign.template is None or newest_version(campaign.template) is None:
        raise CampaignNotReady([_("Choose what is sent.")])
    send_test_message(campaign.template, to=user)


def _write(campaign: Campaign, plan: CampaignPlan, user: User | None) -> None:
    plan = plan.checked()
    has_time = plan.timing != Timing.AT_ONCE
    campaign.name = clean_line(plan.name, field="name", longest=120)
    campaign.template, campaign.topic, campaign.reach, campaign.timing = (
        plan.template,
        plan.topic,
        plan.reach,
        plan.timing,
    )
    campaign.send_on, campaign.send_time = (plan.send_on, plan.send_time) if has_time else (None, None)
    campaign.zone = current_workspace().zone
    campaign.repeats = plan.repeats
    campaign.repeat_day = plan.repeat_day if plan.repeats != Repeats.NEVER else None
    campaign.per_hour, campaign.holdout_percent = plan.per_hour, plan.holdout_percent
    campaign.goal_days = plan.goal_days
    campaign.edited_by = user
    campaign.save()
    CampaignSegment.objects.filter(campaign=campaign).delete()
    CampaignSegment.objects.bulk_create(
        CampaignSegment(campaign=campaign, segment=segment, is_excluded=is_excluded)
        for is_excluded, segments in ((False, plan.included), (True, plan.excluded))
        for segment in segments
    )
