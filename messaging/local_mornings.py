"""When it is a given time of a given day where somebody lives."""

from __future__ import annotations

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)


def zone_or(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of this name, or `otherwise`: an import may have brought a name that means nothing."""
    return _zone(name) or otherwise


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo | None:
    """ZoneInfo's own cache keeps eight; customers may live in more."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_instant(day: date, at: int | time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in `zone` first show `at` (an hour, or hour and minute) of `day`.

    Where the clocks are put back that is the earlier of two; where they are put forward over that time (or over the
    whole day), the first instant after the gap.
    """
    local = datetime.combine(day, at if isinstance(at, time) else time(at), tzinfo=zone)
    late = local.astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return late
    early = local.replace(fold=1).astimezone(UTC)
    return _end_of_gap(early, late, zone)


def is_skipped(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` never show this time of this day, because they are put forward over it."""
    return first_instant(day, at, zone).astimezone(zone).replace(tzinfo=None) != datetime.combine(day, at)


def next_quarter(now: datetime, at: time = time(0)) -> datetime:
    """When `at` may strike next, an hour at a full quarter: every zone lies a multiple of one from UTC."""
    past = timedelta(minutes=at.minute % 15)
    quarter = now - past
    return quarter.replace(minute=quarter.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15) + past


def _end_of_gap(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant in (early, late] from which the zone's offset is that of `late`."""
    after = late.astimezone(zone).utcoffset()
    while late - early > SECOND:
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late


def birthdays_kept_on(day: date) -> list[int]:
    """The birthdays, as month x 100 + day, that are kept on `day`: 29 February falls on the 28th in common years."""
    kept = [day.month * 100 + day.day]
    if kept == [228] and not isleap(day.year):
        kept.append(229)
    return kept
