"""What a flow does, as one JSON form for the editor, the API and the engine (docs/flows.md).

`reading` reads its shape; whether what it names is there (templates, topics, segments, attributes) is for `checking`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

MOST_STEPS = 60
LONGEST_DEFINITION = 200_000
"""Characters of JSON."""
DEEPEST = 6
LONGEST_WAIT = timedelta(days=730)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class On(StrEnum):
    """What begins a flow. `hand` is only by the API and by back-fill."""

    EVENT = "event"
    SEGMENT = "segment"
    DATE = "date"
    DAY = "day"
    HAND = "hand"


class Policy(StrEnum):
    """How often somebody may enter. `cooldown` counts days since they last did."""

    ONCE = "once"
    EVERY_TIME = "every_time"
    COOLDOWN = "cooldown"
    YEARLY = "yearly"


class Do(StrEnum):
    WAIT = "wait"
    WAIT_FOR = "wait_for"
    BRANCH = "branch"
    SPLIT = "split"
    SEND = "send"
    UPDATE = "update"
    TAG = "tag"
    UNTAG = "untag"
    NOTIFY = "notify"
    GO_TO = "go_to"
    EXIT = "exit"


FORKS = (Do.WAIT_FOR, Do.BRANCH, Do.SPLIT)
SUBJECTS = ("event", "cart", "order")
# The same on the customer's day in years to come; the day on which it happens moves with the record.
YEARLY_DATES = ("birthday", "anniversary")


@dataclass(frozen=True)
class Fault:
    """What cannot be saved: at which step (blank: the flow itself), in which part of it, and what is wrong there."""

    step: str
    part: str
    message: str


class FlowRefused(ValueError):
    """A definition that can't be carried out. `faults` say where, all at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{each.step or each.part}: {each.message}" for each in faults))
        self.faults = faults


@dataclass(frozen=True)
class Happening:
    """Events of a kind, narrowed to those whose payload has certain values."""

    kind: str
    where: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, kind: str, payload: Mapping[str, Any]) -> bool:
        return kind == self.kind and all(payload.get(name) == value for name, value in self.where.items())


@dataclass(frozen=True)
class Trigger:
    on: On
    happening: Happening | None = None
    segment: str = ""
    # `birthday`, `anniversary`, or `attribute.` and a key; `offset_days` before (negative) or after it.
    date_of: str = ""
    offset_days: int = 0
    month_day: str = ""
    at: time = time(9)

    @property
    def is_dated(self) -> bool:
        return self.on in (On.DATE, On.DAY)


@dataclass(frozen=True)
class Reentry:
    """`restarts`: the same thing again, while its enrolment waits, makes that wait begin anew."""

    policy: Policy = Policy.ONCE
    days: int = 0
    by: str = "event"
    restarts: bool = False


@dataclass(frozen=True)
class ExitRule:
    """One of: something happened since entry; a segment was left or entered; a condition holds."""

    happening: Happening | None = None
    left: str = ""
    entered: str = ""
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Goal:
    """Counts while somebody is on the way, and up to `within_days` after the end."""

    happening: Happening
    within_days: int = 5


@dataclass(frozen=True)
class Step:
    key: str
    do: Do
    params: Mapping[str, Any]
    then: tuple[Step, ...] = ()
    other: tuple[Step, ...] = ()

    def within(self) -> Iterator[Step]:
        """Itself, and all below it."""
        yield self
        for each in (*self.then, *self.other):
            yield from each.within()


@dataclass(frozen=True)
class Definition:
    trigger: Trigger
    steps: tuple[Step, ...]
    filter: Mapping[str, Any] | None = None
    reentry: Reentry = Reentry()
    exits: tuple[ExitRule, ...] = ()
    goal: Goal | None = None
    # So many of those who enter are held out: nothing happens to them, and they are compared with.
    holdout_percent: int = 0

    def all_steps(self) -> Iterator[Step]:
        for step in self.steps:
            yield from step.within()


def length_of(params: Mapping[str, Any]) -> timedelta:
    """Of a wait."""
    return timedelta(days=params.get("days", 0), hours=params.get("hours", 0), minutes=params.get("minutes", 0))


def longest_stay(do: Do, params: Mapping[str, Any]) -> timedelta:
    """At a step. Until a time of day takes up to a day more, until a day of the week up to a week."""
    if do not in (Do.WAIT, Do.WAIT_FOR):
        return timedelta()
    is_of_week = do is Do.WAIT and params.get("on")
    return length_of(params) + timedelta(days=7 if is_of_week else 1 if do is Do.WAIT and params.get("at") else 0)


def is_whole(value: object, *, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
