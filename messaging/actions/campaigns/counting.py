"""Counting what became of a campaign's messages: from the messages, again and again, and no more often than it costs.

Kept as differences from event to event the numbers would drift; counted at every look a report of a million would be
slow. So whatever happens marks the tally as stale, and a worker counts it anew, at most a twentieth of its time.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_workspace_id
from customers.staging import fetch
from messaging.actions.queueing import CAMPAIGNS
from messaging.campaign_plans import LONGEST_GOAL
from messaging.models import Campaign, CampaignTally, Conversion, Message
from messaging.queries.outcomes import AFTER_GOAL, goal_ends

SOONEST = timedelta(seconds=2)
REST = 20
"""Times as long as it took is waited before it is counted again."""
# Orders of those held out tell nobody, so in the days of the goal it is counted now and then without being told.
NOW_AND_THEN = timedelta(minutes=10)
DIED_AFTER = timedelta(minutes=2)

_STATES = """
select state, reason, count(*), count(opened_at), count(machine_opened_at),
       count(*) filter (where opened_at is not null or machine_opened_at is not null),
       count(clicked_at), count(unsubscribed_at)
from messaging_message where workspace_id = %(workspace)s and campaign_id = %(campaign)s
group by state, reason"""

# From the orders, which are few in some days, to the messages of who placed them.
_BUYERS = """
select count(distinct m.id) filter (where m.reason <> 'holdout'),
       count(distinct m.id) filter (where m.reason = 'holdout')
from sales_order o
join messaging_message m on m.workspace_id = o.workspace_id and m.customer_id = o.customer_id
                        and m.campaign_id = %(campaign)s
where o.workspace_id = %(workspace)s and o.placed_at >= %(from)s and o.placed_at < %(until)s
  and o.cancelled_at is null and o.archived_at is null
  and (o.refunded_minor = 0 or o.refunded_minor < o.total_minor)
  and o.placed_at >= coalesce(m.goal_from, m.not_before)
  and o.placed_at < coalesce(m.goal_from, m.not_before) + %(days)s * interval '1 day'"""


@transaction.atomic
def mark_stale(message_ids: Collection[int]) -> None:
    """Something happened to these messages."""
    campaigns = Message.objects.filter(pk__in=message_ids, campaign__isnull=False).values("campaign")
    if CampaignTally.objects.filter(campaign__in=campaigns, is_stale=False).update(is_stale=True):
        ring(CAMPAIGNS)


def tallies_to_count(*, now: datetime) -> list[CampaignTally]:
    """Those that are stale, or were left by a worker that died, and have rested long enough."""
    told = _tallies().filter(Q(is_stale=True) | Q(begun_at__lt=now - DIED_AFTER)).order_by("counted_at", "pk")
    untold = [tally for tally in _in_goal(now) if tally.counted_at and tally.counted_at < now - NOW_AND_THEN]
    found = {tally.pk: tally for tally in (*told, *untold)}
    return [tally for tally in found.values() if counted_again_at(tally) <= now]


def next_count_at(*, now: datetime) -> datetime | None:
    waiting = [counted_again_at(tally) for tally in _tallies().filter(is_stale=True)]
    if _in_goal(now):
        waiting.append(now + NOW_AND_THEN)
    return min(waiting, default=None)


def counted_again_at(tally: CampaignTally) -> datetime:
    rest = max(SOONEST, timedelta(milliseconds=tally.took_ms * REST))
    return tally.counted_at + rest if tally.counted_at else tally.campaign.created_at


@transaction.atomic
def begin_count(tally: CampaignTally) -> None:
    """Committed before it is counted, so that what happens meanwhile makes it stale again."""
    CampaignTally.objects.filter(pk=tally.pk).update(is_stale=False, begun_at=timezone.now())


@transaction.atomic
def count_campaign(campaign: Campaign) -> CampaignTally:
    """By its messages, conversions and orders as they are now."""
    began = time.perf_counter()
    tally, _created = CampaignTally.objects.get_or_create(campaign=campaign)
    states: dict[str, dict[str, int]] = {}
    columns = ("opened", "machine_opened", "opened_at_all", "clicked", "unsubscribed")
    sums = dict.fromkeys(columns, 0)
    for state, reason, count, *others in fetch(_STATES, {"workspace": current_workspace_id(), "campaign": campaign.pk}):
        states.setdefault(state, {})[reason] = count
        for name, value in zip(columns, others, strict=True):
            sums[name] += value
    tally.states = states
    for name, value in sums.items():
        setattr(tally, name, value)
    tally.converted, tally.revenue_minor = _conversions(campaign)
    tally.buyers, tally.held_out_buyers = _buyers(campaign)
    tally.counted_at, tally.begun_at = timezone.now(), None
    tally.took_ms = round((time.perf_counter() - began) * 1000)
    tally.save(update_fields=[*columns, "states", "converted", "revenue_minor", "buyers", "held_out_buyers",
                              "counted_at", "begun_at", "took_ms"])  # fmt: skip
    return tally


def _tallies() -> QuerySet[CampaignTally]:
    return CampaignTally.objects.select_related("campaign")


def _in_goal(now: datetime) -> list[CampaignTally]:
    """Of campaigns in the days of whose goal orders are still placed."""
    lately = _tallies().filter(campaign__started_at__gt=now - timedelta(days=LONGEST_GOAL) - AFTER_GOAL)
    return [each for each in lately if goal_ends(each.campaign, now) > now]


def _conversions(campaign: Campaign) -> tuple[int, int]:
    rows = Conversion.objects.filter(campaign=campaign)
    return rows.values("message").distinct().count(), sum(rows.values_list("value_minor", flat=True))


def _buyers(campaign: Campaign) -> tuple[int, int]:
    if campaign.started_at is None:
        return 0, 0
    until = goal_ends(campaign, timezone.now())
    [(buyers, held_out)] = fetch(
        _BUYERS,
        {
            "workspace": current_workspace_id(),
            "campaign": campaign.pk,
            "from": campaign.started_at,
            "until": until,
            "days": campaign.goal_days,
        },
    )
    return buyers, held_out
