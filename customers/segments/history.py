"""Questions about what somebody did: how often, or for how much, in how many days."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Aggregate, Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.segments.comparing import Operator, ValueWanted
from customers.segments.definitions import Condition
from customers.segments.fields import Frame, Question, SegmentField, value_of

Rows = Callable[[], QuerySet[Any]]

_BEYOND: Mapping[str, str] = {"at_least": "lt", "at_most": "gt"}
_WITHIN: Mapping[str, str] = {"at_least": "gte", "at_most": "lte", "equals": "exact"}
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "at_least": lambda had, wanted: had >= wanted,
    "at_most": lambda had, wanted: had <= wanted,
    "equals": lambda had, wanted: had == wanted,
}


def at_all(operator: str, value: float) -> str:
    """`any` or `none` where a count asks no more than that: nothing has to be counted then."""
    if (operator, value) == ("at_least", 1):
        return "any"
    return "none" if value == 0 and operator in {"at_most", "equals"} else ""


def holds_for(operator: str, had: float, wanted: float) -> bool:
    return _HOLDS[operator](had, wanted)


def beyond(operator: str) -> str:
    """The sign of the numbers for which it does not hold, of the operators that hold for none at all."""
    return {"at_most": ">", "equals": "<>"}.get(operator, "<")


def history_operators(wants: ValueWanted = ValueWanted.NUMBER) -> Mapping[str, Operator]:
    return {
        "at_least": Operator(_("at least"), wants),
        "at_most": Operator(_("at most"), wants),
        "equals": Operator(_("exactly"), wants),
    }


@dataclass(frozen=True)
class History(Question):
    """How often somebody is among `rows`, or the sum of a column over theirs.

    `day` is the column that the window is about: days, or instants which are then cut at the workspace's midnights.
    """

    rows: Rows
    day: models.Field[Any, Any]
    operator: str
    value: float
    within_days: int | None
    measure: Aggregate
    customer: str = "customer"

    def ask(self, frame: Frame) -> Q:
        rows = self._of_window(frame.of_these(self.rows(), customer=self.customer), frame.today)
        if isinstance(self.measure, Count) and (any_or_none := at_all(self.operator, self.value)):
            anybody = frame.among(rows.values(self.customer))
            return anybody if any_or_none == "any" else ~anybody
        measured = rows.order_by().values(self.customer).annotate(measured=self.measure)
        if _HOLDS[self.operator](0, self.value):
            # Whoever has no row at all fits as well: ask who does not.
            return ~frame.among(self._beyond(measured).values(self.customer))
        return frame.among(measured.filter(**{f"measured__{_WITHIN[self.operator]}": self.value}).values(self.customer))

    def is_certain(self, frame: Frame) -> bool:
        return True

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        """Whose rows came into the window, or fell out of it."""
        if self.within_days is None:
            return None
        rows = frame.of_these(self.rows(), customer=self.customer)
        window = timedelta(days=self.within_days)
        gone = self._between(rows, since - window + timedelta(days=1), frame.today - window)
        come = self._between(rows, since + timedelta(days=1), frame.today)
        return frame.among(gone.values(self.customer)) | frame.among(come.values(self.customer))

    def _beyond(self, measured: QuerySet[Any]) -> QuerySet[Any]:
        if self.operator == "equals":
            return measured.exclude(measured=self.value)
        return measured.filter(**{f"measured__{_BEYOND[self.operator]}": self.value})

    def _of_window(self, rows: QuerySet[Any], today: date) -> QuerySet[Any]:
        if self.within_days is None:
            return rows
        return self._between(rows, today - timedelta(days=self.within_days - 1), today)

    def _between(self, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        """Both days included."""
        name = self.day.name
        if not isinstance(self.day, models.DateTimeField):
            return rows.filter(**{f"{name}__gte": first, f"{name}__lte": last})
        return rows.filter(**{f"{name}__gte": midnight_of(first), f"{name}__lt": midnight_of(last + timedelta(days=1))})


def midnight_of(day: date) -> datetime:
    """When the day begins in the workspace's zone: the first instant after, where clocks skip midnight."""
    return datetime.combine(day, time.min, current_workspace().tzinfo)


class HistoryField(SegmentField):
    """Base of fields that are histories."""

    takes_window: ClassVar[bool] = True

    @property
    def operators(self) -> Mapping[str, Operator]:
        return history_operators()

    def question(self, condition: Condition) -> Question:
        return self.history(condition, value_of(condition, self))

    @abstractmethod
    def history(self, condition: Condition, value: float) -> Question: ...
