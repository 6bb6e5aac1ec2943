"""One look at all that campaigns of a workspace have to do by themselves, in steps that each commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Min
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.campaigns.counting import begin_count, count_campaign, next_count_at, tallies_to_count
from messaging.actions.campaigns.gathering import gather_audience
from messaging.actions.campaigns.occurring import begin_due_occurrences
from messaging.actions.campaigns.running import (
    cancelled_with_messages,
    complete_campaigns,
    reopen_campaigns,
    requeue_failed,
    start_due_campaigns,
    take_back_messages,
)
from messaging.models import Campaign, CampaignState

TURN_SECONDS = 10.0  # after that the next workspace has its turn
LOOK_AGAIN = timedelta(seconds=5)
# Of one that was cancelled, what a worker has in hand may come back into the queue for so long.
MAY_COME_BACK = timedelta(minutes=15)


def keep_campaigns(workspace: Workspace) -> datetime | None:
    """Returns when to look again; None if nothing is planned or under way."""
    give_up_at = time.monotonic() + TURN_SECONDS
    with workspace_scope(workspace):
        begin_due_occurrences(now=timezone.now())
    with workspace_scope(workspace):
        start_due_campaigns(now=timezone.now())
    with workspace_scope(workspace):
        reopen_campaigns()
        cancelled = cancelled_with_messages()
        gathering = list(Campaign.objects.sending().filter(gathered_at=None).order_by("pk"))
        retrying = list(Campaign.objects.exclude(retry_asked_at=None).order_by("pk"))
    steps = [
        *(partial(take_back_messages, campaign) for campaign in cancelled),
        *(partial(_gathered, campaign) for campaign in gathering),
        *(partial(requeue_failed, campaign) for campaign in retrying),
    ]
    unfinished = [step for step in steps if not _finished(workspace, step, give_up_at)]
    with workspace_scope(workspace):
        complete_campaigns(now=timezone.now())
        tallies = tallies_to_count(now=timezone.now())
    for tally in tallies:
        with workspace_scope(workspace):
            begin_count(tally)
        with workspace_scope(workspace):
            count_campaign(tally.campaign)
    with workspace_scope(workspace):
        return timezone.now() if unfinished else _next_look()


def _finished(workspace: Workspace, step: Callable[[], bool], give_up_at: float) -> bool:
    """Step after step, each in a transaction of its own, until it says that it was the last or time is up."""
    while time.monotonic() < give_up_at:
        with workspace_scope(workspace):
            if step():
                return True
    return False


def _gathered(campaign: Campaign) -> bool:
    """Also if it has to wait: then it is looked at again soon."""
    gathered = gather_audience(campaign)
    return gathered.is_all or gathered.is_waiting


def _next_look() -> datetime | None:
    now = timezone.now()
    lately = Campaign.objects.filter(state=CampaignState.CANCELLED, ended_at__gt=now - MAY_COME_BACK)
    if Campaign.objects.sending().exists() or lately.exists():
        return now + LOOK_AGAIN
    scheduled = Campaign.objects.filter(state=CampaignState.SCHEDULED).aggregate(first=Min("starts_at"))["first"]
    return min(filter(None, [scheduled, next_count_at(now=now)]), default=None)
