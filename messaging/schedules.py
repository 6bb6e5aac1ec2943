"""When a campaign goes out: instants from what clocks show, and the days on which one that repeats occurs."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from messaging.local_mornings import first_instant, zone_or
from messaging.models import Campaign, Repeats, Timing
from messaging.queries.birthdays import AHEAD, BEHIND

# An installation that was down for longer skips the occurrences that it missed.
LATEST = timedelta(days=1)


def starts_on(campaign: Campaign, day: date, zone: ZoneInfo) -> datetime:
    """When the audience of `day` is to be gathered: for local times, when the earliest clock of all shows it."""
    at = campaign.send_time or time(0)
    if campaign.timing == Timing.CUSTOMER:
        return datetime.combine(day, at, tzinfo=UTC) - AHEAD
    return first_instant(day, at, zone)


def planned_at(campaign: Campaign, zone: str, home: ZoneInfo, *, after: date | None = None, now: datetime) -> datetime:
    """When it leaves, as it is planned now, to who lives in `zone`. `home` is the workspace's, `after` as below."""
    home = zone_or(campaign.zone, home)
    if campaign.timing == Timing.AT_ONCE or campaign.send_time is None:
        return now
    repeats = campaign.repeats != Repeats.NEVER and campaign.occurs_on is None
    day = first_day(campaign, home, after=after, now=now) if repeats else campaign.occurs_on or campaign.send_on
    if day is None:
        return now
    clock = zone_or(zone, home) if campaign.timing == Timing.CUSTOMER else home
    return max(now, first_instant(day, campaign.send_time, clock))


def is_over_on(campaign: Campaign, day: date, zone: ZoneInfo) -> datetime:
    """From when on an occurrence is not begun any more."""
    at = campaign.send_time or time(0)
    last = datetime.combine(day, at, tzinfo=UTC) + BEHIND if campaign.timing == Timing.CUSTOMER else None
    return (last or first_instant(day, at, zone)) + LATEST


def next_day(campaign: Campaign, *, after: date) -> date:
    """The next day later than `after` on which it occurs."""
    return next(days_from(campaign, after + timedelta(days=1)))


def days_from(campaign: Campaign, first: date) -> Iterator[date]:
    """The days on which it occurs, from `first` on, for ever: by the calendar alone, which no clock change touches."""
    asked = campaign.repeat_day or 1
    if campaign.repeats == Repeats.WEEKLY:
        day = first + timedelta(days=(asked - first.isoweekday()) % 7)
        while True:
            yield day
            day += timedelta(days=7)
    year, month = first.year, first.month
    while True:
        day = date(year, month, min(asked, monthrange(year, month)[1]))
        if day >= first:
            yield day
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004  December


def first_day(campaign: Campaign, zone: ZoneInfo, *, after: date | None = None, now: datetime | None = None) -> date:
    """The first occurrence whose time has not come yet on the workspace's clock; not before `send_on`, if given.

    Nor on the day of the last run, `after`, or earlier: each day has one run, whatever its hour was when it began.
    """
    now = now or timezone.now()
    first = max(campaign.send_on or date.min, now.astimezone(zone).date())
    days = days_from(campaign, max(first, after + timedelta(days=1)) if after else first)
    return next(day for day in days if first_instant(day, campaign.send_time or time(0), zone) > now)
