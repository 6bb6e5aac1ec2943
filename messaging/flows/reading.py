"""From JSON to a definition, or to all that is wrong with its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from messaging.flows.definitions import (
    DEEPEST,
    FORKS,
    MOST_STEPS,
    SUBJECTS,
    Definition,
    Do,
    ExitRule,
    Fault,
    FlowRefused,
    Goal,
    Happening,
    On,
    Policy,
    Reentry,
    Step,
    Trigger,
    is_whole,
)
from messaging.flows.step_shapes import AT, SHAPES
from messaging.holdout import LARGEST_HOLDOUT

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def definition_of(raw: object) -> Definition:
    """Read the JSON form. Raises FlowRefused with everything that is wrong with its shape."""
    reading = _Reading()
    definition = reading.definition(raw)
    if reading.faults or definition is None:
        raise FlowRefused(reading.faults)
    return definition


class _Reading:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._keys: set[str] = set()

    def definition(self, raw: object) -> Definition | None:
        if not isinstance(raw, dict):
            self._fault("", "definition", _("A flow is an object: its trigger and its steps."))
            return None
        self._known("", raw, {"trigger", "filter", "reentry", "exits", "goal", "holdout_percent", "steps"})
        steps = raw.get("steps")
        if not isinstance(steps, list) or not steps:
            self._fault("", "steps", _("A flow needs at least one step."))
            steps = []
        exits = raw.get("exits") or []
        if not isinstance(exits, list) or len(exits) > MOST_STEPS:
            self._fault("", "exits", _("Exit rules are a list."))
            exits = []
        read = self._steps(steps, depth=1)
        if len(self._keys) > MOST_STEPS:
            self._fault("", "steps", _("A flow has at most %(most)s steps.") % {"most": MOST_STEPS})
        return Definition(
            trigger=self._trigger(raw.get("trigger")),
            filter=self._group(raw.get("filter"), part="filter"),
            reentry=self._reentry(raw.get("reentry") or {}),
            exits=tuple(self._exit(each, f"exits[{place}]") for place, each in enumerate(exits)),
            goal=self._goal(raw.get("goal")),
            holdout_percent=self._holdout(raw.get("holdout_percent", 0)),
            steps=read,
        )

    def _trigger(self, raw: object) -> Trigger:
        if not isinstance(raw, dict) or raw.get("on") not in tuple(On):
            self._fault("", "trigger", _("Say what begins the flow: an event, a segment, a date, a day, or nothing."))
            return Trigger(On.HAND)
        on = On(raw["on"])
        self._known("", raw, {"on", "event", "where", "segment", "of", "offset_days", "month_day", "at"}, "trigger")
        if on is On.EVENT:
            return Trigger(on, happening=self._happening(raw, "", "trigger"))
        if on is On.SEGMENT:
            return Trigger(on, segment=self._text(raw, "segment", "", "trigger"))
        return Trigger(on) if on is On.HAND else self._dated(on, raw)

    def _dated(self, on: On, raw: dict[str, Any]) -> Trigger:
        at = self._time(raw, "", "trigger")
        if on is On.DAY:
            if not _MONTH_DAY.fullmatch(str(raw.get("month_day", ""))):
                self._fault("", "trigger", _("Give the day as month and day: 12-06."))
            return Trigger(on, month_day=str(raw.get("month_day", "")), at=at)
        offset = raw.get("offset_days", 0)
        if not is_whole(offset, least=-300, most=300):
            self._fault("", "trigger", _("The days before or after the date are a whole number up to 300."))
            offset = 0
        return Trigger(on, date_of=self._text(raw, "of", "", "trigger"), offset_days=offset, at=at)

    def _reentry(self, raw: object) -> Reentry:
        if not isinstance(raw, dict) or raw.get("policy", "once") not in tuple(Policy):
            self._fault("", "reentry", _("Say how often somebody may enter: once, every_time, cooldown or yearly."))
            return Reentry()
        self._known("", raw, {"policy", "days", "by", "restarts"}, "reentry")
        policy, by = Policy(raw.get("policy", "once")), raw.get("by", "event")
        if policy is Policy.COOLDOWN and not is_whole(raw.get("days"), least=1, most=3650):
            self._fault("", "reentry", _("Give the days of the pause: a whole number from 1."))
        if by not in SUBJECTS:
            self._fault("", "reentry", _("Entries are told apart by event, cart or order."))
            by = "event"
        days = raw.get("days", 0) if policy is Policy.COOLDOWN else 0
        return Reentry(policy, days if isinstance(days, int) else 0, by, bool(raw.get("restarts", False)))

    def _exit(self, raw: object, part: str) -> ExitRule:
        if not isinstance(raw, dict) or len({"event", "left", "entered", "condition"} & set(raw)) != 1:
            self._fault("", part, _("An exit rule names an event, a segment that was left or entered, or a condition."))
            return ExitRule()
        self._known("", raw, {"event", "where", "left", "entered", "condition"}, part)
        if "event" in raw:
            return ExitRule(happening=self._happening(raw, "", part))
        if "condition" in raw:
            return ExitRule(condition=self._group(raw["condition"], part=part))
        if "left" in raw:
            return ExitRule(left=self._text(raw, "left", "", part))
        return ExitRule(entered=self._text(raw, "entered", "", part))

    def _goal(self, raw: object) -> Goal | None:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self._fault("", "goal", _("A goal names an event."))
            return None
        self._known("", raw, {"event", "where", "within_days"}, "goal")
        within = raw.get("within_days", 5)
        if not is_whole(within, least=0, most=365):
            self._fault("", "goal", _("A goal counts for 0 to 365 days after the end."))
            within = 5
        return Goal(self._happening(raw, "", "goal"), within)

    def _holdout(self, raw: Any) -> int:
        if is_whole(raw, least=0, most=LARGEST_HOLDOUT):
            return int(raw)
        message = _("Hold out 0 to %(most)s percent, a whole number.") % {"most": LARGEST_HOLDOUT}
        self._fault("", "holdout_percent", message)
        return 0

    def _steps(self, raw: list[Any], *, depth: int) -> tuple[Step, ...]:
        return tuple(step for each in raw if (step := self._step(each, depth=depth)) is not None)

    def _step(self, raw: object, *, depth: int) -> Step | None:
        key = raw.get("key") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(key, str) or not _KEY.fullmatch(key):
            self._fault("", "steps", _("Every step has a key of small letters, digits, - and _."))
            return None
        if key in self._keys:
            self._fault(key, "key", _("Two steps have this key; a step can stand in one place only."))
            return None
        self._keys.add(key)
        if raw.get("do") not in tuple(Do):
            self._fault(key, "do", _("A step does one of: %(known)s.") % {"known": ", ".join(Do)})
            return None
        if depth > DEEPEST:
            self._fault(key, "do", _("Steps stand at most %(most)s deep.") % {"most": DEEPEST})
            return None
        do = Do(raw["do"])
        params = {name: value for name, value in raw.items() if name not in {"key", "do", "then", "else"}}
        arms = self._arms(raw, key, depth=depth) if do in FORKS else ((), ())
        if do not in FORKS and ("then" in raw or "else" in raw):
            self._fault(key, "then", _("Only a step that parts the way has steps below it."))
        self.faults += SHAPES[do](key, params)
        return Step(key, do, params, *arms)

    def _arms(self, raw: dict[str, Any], key: str, *, depth: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        arms = [raw.get(name) or [] for name in ("then", "else")]
        if not all(isinstance(arm, list) for arm in arms):
            self._fault(key, "then", _("The steps of each way are a list."))
            return (), ()
        return self._steps(arms[0], depth=depth + 1), self._steps(arms[1], depth=depth + 1)

    def _happening(self, raw: dict[str, Any], step: str, part: str) -> Happening:
        where = raw.get("where") or {}
        if not isinstance(where, dict):
            self._fault(step, part, _("`where` is an object."))
            where = {}
        return Happening(self._text(raw, "event", step, part), where)

    def _group(self, raw: object, *, part: str) -> Mapping[str, Any] | None:
        if raw is not None and not isinstance(raw, dict):
            self._fault("", part, _("A condition is written as a segment's rule."))
            return None
        return raw

    def _time(self, raw: dict[str, Any], step: str, part: str) -> time:
        written = str(raw.get("at", "09:00"))
        if not AT.fullmatch(written):
            self._fault(step, part, _("Write a time of day as 09:00."))
            return time(9)
        return time.fromisoformat(written)

    def _text(self, raw: dict[str, Any], name: str, step: str, part: str) -> str:
        value = raw.get(name)
        if not isinstance(value, str) or not value.strip():
            self._fault(step, part, _("Give %(name)s.") % {"name": name})
            return ""
        return value

    def _known(self, step: str, raw: dict[str, Any], known: set[str], part: str = "definition") -> None:
        for name in sorted(set(raw) - known):
            self._fault(step, part, _("“%(name)s” means nothing here.") % {"name": str(name)[:60]})

    def _fault(self, step: str, part: str, message: str) -> None:
        self.faults.append(Fault(step, part, message))
