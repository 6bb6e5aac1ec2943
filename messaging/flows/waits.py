"""How long a step waits: N days are N times 24 hours, but "N days, at 15:00" counts the days of the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from messaging.flows.definitions import WEEKDAYS, length_of
from messaging.local_mornings import first_instant

_ONE_DAY = timedelta(days=1)


def is_local(params: Mapping[str, Any]) -> bool:
    """Whether the end depends on where the customer lives."""
    return bool(params.get("at") or params.get("on"))


def end_of_wait(params: Mapping[str, Any], since: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that began at `since` is over, for somebody who lives in `zone`.

    Day and hour are looked at together: the first day that is one of `on` and on which `at` still lies ahead.
    """
    if not is_local(params):
        return since + length_of(params)
    days = params.get("days", 0)
    earliest = since + length_of({**params, "days": 0})
    at = time.fromisoformat(params["at"]) if params.get("at") else None
    day = earliest.astimezone(zone).date() + timedelta(days=days)
    wanted = set(params.get("on") or WEEKDAYS)
    while True:
        if WEEKDAYS[day.weekday()] in wanted:
            moment = first_instant(day, at or time(0), zone)
            if at is None:
                # Any time of such a day will do.
                moment = max(moment, earliest + timedelta(days=days))
                if moment.astimezone(zone).date() == day:
                    return moment
            elif moment >= earliest:
                return moment
        day += _ONE_DAY
