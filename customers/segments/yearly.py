"""Days that come every year: birthdays, and the day on which somebody became a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.lookups import In
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.segments.comparing import Operator, ValueWanted
from customers.segments.definitions import Condition
from customers.segments.fields import Frame, Question, SegmentField, value_of

_LEAP_DAY, _DAY_BEFORE = 229, 228
_LONGEST_YEAR = 366


@dataclass(frozen=True)
class Yearly(Question):
    """Whose day comes within so many days, today included. `code` is month x 100 + day of it."""

    code: Callable[[], Any]
    days: int

    def ask(self, frame: Frame) -> Q:
        return self._on(frame.today, frame.today + timedelta(days=self.days - 1))

    def flips(self, frame: Frame, *, since: date) -> Q:
        ahead = timedelta(days=self.days)
        one = timedelta(days=1)
        return self._on(since, frame.today - one) | self._on(since + ahead, frame.today + ahead - one)

    def _on(self, first: date, last: date) -> Q:
        return Q(In(self.code(), codes_between(first, last)))


def codes_between(first: date, last: date) -> list[int]:
    """Month x 100 + day from `first` to `last`, both included; 29 February is kept on the 28th in common years."""
    days = [first + timedelta(days=ahead) for ahead in range(min((last - first).days + 1, _LONGEST_YEAR))]
    codes = {day.month * 100 + day.day for day in days}
    if any(day.month * 100 + day.day == _DAY_BEFORE and (day + timedelta(days=1)).day == 1 for day in days):
        codes.add(_LEAP_DAY)
    return sorted(codes)


@dataclass(frozen=True)
class YearlyField(SegmentField):
    key: str
    label: str | Promise
    group: str | Promise
    code: Callable[[], Any]
    listens: frozenset[str]

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {"in_next": Operator(_("is in the next days"), ValueWanted.COUNT)}

    def question(self, condition: Condition) -> Question:
        return Yearly(self.code, value_of(condition, self))
