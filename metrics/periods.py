"""Which days are looked at, and which they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Comparison(StrEnum):
    PREVIOUS = "previous"
    YEAR = "year"
    NONE = "none"


class Preset(StrEnum):
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    THIS_MONTH = "month"
    THIS_YEAR = "year"
    TWELVE_MONTHS = "12m"


@dataclass(frozen=True)
class Period:
    """Whole days of the workspace's zone, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def compared(self, comparison: Comparison) -> Period | None:
        """As many days just before; or the same days a year earlier; or nothing."""
        if comparison is Comparison.PREVIOUS:
            return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))
        if comparison is Comparison.YEAR:
            return Period(_year_before(self.first), _year_before(self.last))
        return None

    def buckets(self) -> list[Period]:
        """Days, weeks from Monday or months, whichever a chart can show; the ends are cut to the period."""
        return [Period(max(start, self.first), min(end, self.last)) for start, end in self._calendar()]

    def _calendar(self) -> list[tuple[date, date]]:
        spans, start = [], self._start_of_bucket()
        while start <= self.last:
            end = self._end_of_bucket(start)
            spans.append((start, end))
            start = end + timedelta(days=1)
        return spans

    def _start_of_bucket(self) -> date:
        if self.days <= DAILY_UP_TO:
            return self.first
        if self.days <= WEEKLY_UP_TO:
            return self.first - timedelta(days=self.first.weekday())
        return self.first.replace(day=1)

    def _end_of_bucket(self, start: date) -> date:
        if self.days <= DAILY_UP_TO:
            return start
        if self.days <= WEEKLY_UP_TO:
            return start + timedelta(days=6)
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


DAILY_UP_TO = 31
WEEKLY_UP_TO = 184


def preset_period(preset: Preset, *, today: date) -> Period:
    if preset is Preset.THIS_MONTH:
        return Period(today.replace(day=1), today)
    if preset is Preset.THIS_YEAR:
        return Period(today.replace(month=1, day=1), today)
    if preset is Preset.TWELVE_MONTHS:
        return Period(_year_before(today) + timedelta(days=1), today)
    days = {Preset.WEEK: 7, Preset.MONTH: 30, Preset.QUARTER: 90}[preset]
    return Period(today - timedelta(days=days - 1), today)


def _year_before(day: date) -> date:
    """29 February falls on the 28th in common years."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
