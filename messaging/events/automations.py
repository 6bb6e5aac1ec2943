"""Flows, and the birthday greeting."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class BirthdayReached(EventBody):
    """It is the morning of the birthday where the customer lives; the greeting is in the queue."""

    year: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class FlowAdded(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowChanged(EventBody):
    """From version `number` on. Whoever is on the way stays on the version they entered under."""

    flow_id: int
    number: int


@dataclass(frozen=True, kw_only=True)
class FlowRenamed(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowSwitchedOn(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowSwitchedOff(EventBody):
    """`is_left`: whoever was on the way was taken out."""

    flow_id: int
    is_left: bool


@dataclass(frozen=True, kw_only=True)
class FlowArchived(EventBody):
    flow_id: int


@dataclass(frozen=True, kw_only=True)
class FlowBackfilled(EventBody):
    """Past customers of the last `days` were brought in."""

    flow_id: int
    days: int


@dataclass(frozen=True, kw_only=True)
class FlowEntered(EventBody):
    flow_id: int
    enrolment_id: int


@dataclass(frozen=True, kw_only=True)
class FlowHeldOut(EventBody):
    """Would have entered, and is among those by whom the flow is measured: no step of it happens."""

    flow_id: int
    enrolment_id: int


@dataclass(frozen=True, kw_only=True)
class FlowExited(EventBody):
    """Before its end. `reason` is a code of messaging.flows.endings."""

    flow_id: int
    enrolment_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FlowCompleted(EventBody):
    """At its end, or because its goal was reached."""

    flow_id: int
    enrolment_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class GreetingChanged(EventBody):
    greeting_id: int


@dataclass(frozen=True, kw_only=True)
class GreetingSwitchedOn(EventBody):
    greeting_id: int


@dataclass(frozen=True, kw_only=True)
class GreetingSwitchedOff(EventBody):
    greeting_id: int
