from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from messaging.local_mornings import birthdays_kept_on, first_instant, zone_or

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "instant"),
    [
        ("Europe/Berlin", date(2026, 7, 1), 9, "2026-07-01 07:00"),
        ("Europe/Berlin", date(2026, 1, 1), 9, "2026-01-01 08:00"),
        ("Pacific/Kiritimati", date(2026, 7, 2), 9, "2026-07-01 19:00"),
        ("Asia/Kathmandu", date(2026, 7, 1), 9, "2026-07-01 03:15"),
        # Put forward from 2 to 3: the first instant after the gap is 3:00.
        ("Europe/Berlin", date(2026, 3, 29), 2, "2026-03-29 01:00"),
        # Put back from 3 to 2: the first of the two.
        ("Europe/Berlin", date(2026, 10, 25), 2, "2026-10-25 00:00"),
        # Midnight itself falls into the gap.
        ("Africa/Cairo", date(2026, 4, 24), 0, "2026-04-23 22:00"),
        # Half an hour only.
        ("Australia/Lord_Howe", date(2026, 10, 4), 2, "2026-10-03 15:30"),
        # Samoa left out a whole day.
        ("Pacific/Apia", date(2011, 12, 30), 9, "2011-12-30 10:00"),
    ],
)
def test_first_instant(zone: str, day: date, hour: int, instant: str) -> None:
    assert first_instant(day, hour, ZoneInfo(zone)) == utc(instant)


def test_every_hour_of_every_zone_begins_once_and_in_order() -> None:
    """Over the days around each change of the clocks in 2026, hour by hour."""
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for day in changes_of_clock(zone, 2026):
            instants = [
                first_instant(each, hour, zone)
                for each in (day - timedelta(days=1), day, day + timedelta(days=1))
                for hour in range(24)
            ]
            assert instants == sorted(instants), (name, day)
            for instant in instants:
                shown, before = instant.astimezone(zone), (instant - timedelta(seconds=1)).astimezone(zone)
                assert shown.replace(tzinfo=None) > before.replace(tzinfo=None), (name, instant)


def changes_of_clock(zone: ZoneInfo, year: int) -> list[date]:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]

    def offset(day: date) -> timedelta | None:
        return datetime(day.year, day.month, day.day, 12, tzinfo=zone).utcoffset()

    return [day for day in days[1:] if offset(day) != offset(day - timedelta(days=1))]


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        (date(2026, 2, 28), [228, 229]),
        (date(2028, 2, 28), [228]),
        (date(2028, 2, 29), [229]),
        (date(2100, 2, 28), [228, 229]),
        (date(2026, 12, 31), [1231]),
    ],
)
def test_birthdays_kept_on(day: date, kept: list[int]) -> None:
    assert birthdays_kept_on(day) == kept


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "x" * 64])
def test_a_zone_that_means_nothing_is_the_workspace_s(name: str) -> None:
    assert zone_or(name, BERLIN) is BERLIN


def test_a_zone_that_is_known() -> None:
    assert zone_or("Asia/Tokyo", BERLIN) == ZoneInfo("Asia/Tokyo")
