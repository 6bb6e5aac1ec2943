"""Newsletters: campaigns that repeat. Each occurrence is a campaign of its own, their run."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.scope import current_workspace
from messaging.actions.campaigns.deciding import pause_campaign
from messaging.actions.campaigns.running import untouched
from messaging.actions.templates import refresh_template
from messaging.events import CampaignAdded, CampaignScheduled
from messaging.local_mornings import zone_or
from messaging.models import Campaign, CampaignSegment, CampaignState, PauseReason, Repeats
from messaging.queries.readiness import approved_words, what_stops
from messaging.schedules import is_over_on, next_day, starts_on
from timeline.drain import is_the_databases
from timeline.recording import record

log = logging.getLogger(__name__)

LONGEST_NAME = 120


@transaction.atomic
def begin_due_occurrences(*, now: datetime) -> list[Campaign]:
    """A run for each one that repeats and whose day has come, and its next day written down, together.

    One for which that fails pauses; no other campaign waits for it.
    """
    runs = []
    due = untouched(state=CampaignState.SCHEDULED, starts_at__lte=now)
    for series in due.exclude(repeats=Repeats.NEVER):
        if problems := what_stops(series):
            pause_campaign(series, reason=PauseReason.NOT_READY, detail=" ".join(problems))
            continue
        try:
            with transaction.atomic():
                runs += _begin_occurrences(series, now)
        except Exception as error:
            if is_the_databases(error):
                raise
            log.exception("campaign %s could not occur", series.pk)
            pause_campaign(series, reason=PauseReason.NOT_READY, detail=_("Its run could not be made."))
    return runs


def _begin_occurrences(series: Campaign, now: datetime) -> list[Campaign]:
    """A day that has its run is passed over: the series may have been put off to another hour of it."""
    runs = []
    begun = set(Campaign.objects.filter(series=series).values_list("occurs_on", flat=True))
    zone = zone_or(series.zone, current_workspace().tzinfo)
    while series.occurs_on and series.starts_at and series.starts_at <= now:
        if series.occurs_on not in begun and is_over_on(series, series.occurs_on, zone) > now:
            runs.append(_add_run(series))
        series.occurs_on = next_day(series, after=series.occurs_on)
        series.starts_at = starts_on(series, series.occurs_on, zone)
    series.save(update_fields=["occurs_on", "starts_at"])
    return runs


def _add_run(series: Campaign) -> Campaign:
    """A newsletter says something else each time: what its template says by then, or what was approved."""
    assert series.template is not None, "what is scheduled has a template"  # noqa: S101
    day = f" · {series.occurs_on}"
    run = Campaign.objects.create(
        name=series.name[: LONGEST_NAME - len(day)] + day,
        template=series.template,
        version=approved_words(series) or refresh_template(series.template),
        topic=series.topic,
        reach=series.reach,
        timing=series.timing,
        send_on=series.occurs_on,
        send_time=series.send_time,
        zone=series.zone,
        per_hour=series.per_hour,
        holdout_percent=series.holdout_percent,
        goal_days=series.goal_days,
        state=CampaignState.SCHEDULED,
        series=series,
        occurs_on=series.occurs_on,
        built_by=series.built_by,
        edited_by=series.edited_by,
        approved_by=series.approved_by,
        starts_at=series.starts_at,
    )
    chosen = CampaignSegment.objects.filter(campaign=series).values_list("segment_id", "is_excluded")
    CampaignSegment.objects.bulk_create(
        CampaignSegment(campaign=run, segment_id=segment_id, is_excluded=is_excluded)
        for segment_id, is_excluded in chosen
    )
    record(CampaignAdded(customer_id=None, campaign_id=run.pk))
    record(CampaignScheduled(customer_id=None, campaign_id=run.pk))
    return run
