"""A campaign in words, for whoever decides about it."""

from __future__ import annotations

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import Campaign, CampaignSegment, Reach, Repeats, Timing


def facts_of(campaign: Campaign) -> list[tuple[str, str]]:
    """Term and words, without those that say nothing."""
    people = (_("Written by"), campaign.built_by), (_("Edited by"), campaign.edited_by)
    facts = [
        (_("Template"), campaign.template),
        (_("Topic"), campaign.topic),
        (_("To"), _audience(campaign, is_excluded=False)),
        (_("But not to"), _audience(campaign, is_excluded=True)),
        (_("When"), _time(campaign)),
        (_("Pace"), _("%s an hour at most") % campaign.per_hour if campaign.per_hour else ""),
        (_("Held out"), f"{campaign.holdout_percent} %" if campaign.holdout_percent else ""),
        (_("Goal"), ngettext("%d day", "%d days", campaign.goal_days) % campaign.goal_days),
        *people,
        (_("Launched by"), campaign.approved_by),
    ]
    return [(term, str(words)) for term, words in facts if words]


def _audience(campaign: Campaign, *, is_excluded: bool) -> str:
    if campaign.reach == Reach.TOPIC and not is_excluded:
        return str(Reach.TOPIC.label)
    chosen = CampaignSegment.objects.filter(campaign=campaign, is_excluded=is_excluded).select_related("segment")
    return ", ".join(sorted(each.segment.name for each in chosen))


def _time(campaign: Campaign) -> str:
    if campaign.timing == Timing.AT_ONCE or campaign.send_time is None:
        return str(Timing.AT_ONCE.label)
    day = date_format(campaign.send_on, "DATE_FORMAT") if campaign.send_on else ""
    words = {"day": _repeating(campaign) or day, "at": f"{campaign.send_time:%H:%M}"}
    if campaign.timing == Timing.CUSTOMER:
        return _("%(day)s, %(at)s on each customer's clock") % words
    return _("%(day)s, %(at)s in %(zone)s") % {**words, "zone": campaign.zone}


def _repeating(campaign: Campaign) -> str:
    if campaign.repeats == Repeats.WEEKLY and campaign.repeat_day:
        return _("Every %s") % WEEKDAYS[campaign.repeat_day - 1]
    if campaign.repeats == Repeats.MONTHLY and campaign.repeat_day:
        return _("On day %d of every month") % campaign.repeat_day
    return ""
