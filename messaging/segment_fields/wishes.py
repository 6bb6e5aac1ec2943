"""How often somebody wants to be written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from customers.segment_fields import WHO_COUNTS
from customers.segments.comparing import OPERATORS, Kind, Operator
from customers.segments.definitions import Condition
from customers.segments.fields import Frame, Question, SegmentField, value_of
from customers.segments.history import midnight_of
from customers.segments.labels import LinkQuestion
from messaging.events import LessOftenChosen, LessOftenEnded, MessagesPaused, PauseEnded, PauseRanOut
from messaging.models import ContactWish
from messaging.segment_fields.consent import CONSENT

_PAUSING = frozenset(event.kind for event in (MessagesPaused, PauseEnded, PauseRanOut))
_PACING = frozenset(event.kind for event in (LessOftenChosen, LessOftenEnded))


@dataclass(frozen=True)
class WishField(SegmentField):
    """Whether somebody has chosen something: has a row that `wanted` holds for."""

    key: str
    label: str | Promise
    wanted: Q
    listens: frozenset[str]
    group: str | Promise = CONSENT

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {name: OPERATORS[Kind.FLAG][name] for name in ("is_true", "is_false")}

    def question(self, condition: Condition) -> Question:
        value_of(condition, self)
        return LinkQuestion(lambda: ContactWish.objects.filter(self.wanted), condition.operator == "is_true")


@dataclass(frozen=True)
class PauseQuestion(Question):
    """Whose pause ends between two days, both included. One that is over is none: `end_due_pauses` takes it away."""

    operator: str
    value: Any

    def ask(self, frame: Frame) -> Q:
        return frame.among(_pauses_ending(frame, *self._days(frame.today)).values("customer"))

    def is_certain(self, frame: Frame) -> bool:
        return True

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        flips = OPERATORS[Kind.DAY][self.operator].flips
        if flips is None:
            return None
        spans = flips(self.value, since, frame.today)
        return reduce(or_, (frame.among(_pauses_ending(frame, *span).values("customer")) for span in spans))

    def _days(self, today: date) -> tuple[date | None, date | None]:
        match self.operator:
            case "on_or_after":
                return self.value, None
            case "on_or_before":
                return None, self.value
            case "in_next":
                return today, today + timedelta(days=self.value - 1)
        first, last = self.value
        return first, last


def _pauses_ending(frame: Frame, first: date | None, last: date | None) -> QuerySet[ContactWish]:
    pauses = ContactWish.objects.filter(paused_until__isnull=False)
    if first:
        pauses = pauses.filter(paused_until__gte=midnight_of(first))
    if last:
        pauses = pauses.filter(paused_until__lt=midnight_of(last + timedelta(days=1)))
    return frame.of_these(pauses)


@dataclass(frozen=True)
class PauseField(SegmentField):
    key: str
    label: str | Promise
    listens: frozenset[str]
    group: str | Promise = CONSENT

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {name: OPERATORS[Kind.DAY][name] for name in ("in_next", "on_or_after", "on_or_before", "between")}

    def question(self, condition: Condition) -> Question:
        return PauseQuestion(condition.operator, value_of(condition, self))


WISH_FIELDS = (
    WishField("paused", gettext_lazy("Messages paused"), Q(paused_until__isnull=False), listens=WHO_COUNTS | _PAUSING),
    PauseField("paused_until", gettext_lazy("End of the pause"), listens=WHO_COUNTS | _PAUSING),
    WishField(
        "less_often",
        gettext_lazy("Wants at most one message a week"),
        Q(is_less_often=True),
        listens=WHO_COUNTS | _PACING,
    ),
)
