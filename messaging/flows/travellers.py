"""People on their way through a flow while a worker moves them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from messaging.flows.definitions import Do
from messaging.flows.endings import Ending
from messaging.flows.plans import END, Plan
from messaging.models import Enrolment


@dataclass
class Traveller:
    """`has_rested`: the wait that they stand at is over. `is_moving` until they come to a wait, or out."""

    enrolment: Enrolment
    step: str
    arrived_at: datetime
    has_rested: bool = False
    is_moving: bool = True
    due_at: datetime | None = None
    awaits: str = ""
    ending: Ending | None = None
    trail: list[list[str]] = field(default_factory=list)

    @property
    def pk(self) -> int:
        return self.enrolment.pk

    @property
    def customer_id(self) -> int:
        return self.enrolment.customer_id

    def go(self, key: str, *, now: datetime, outcome: str) -> None:
        self._note(now, outcome)
        self.step, self.arrived_at, self.has_rested = key, now, False
        if key == END:
            self.leave(Ending.COMPLETED)

    def rest(self, due_at: datetime, *, awaits: str = "") -> None:
        self.due_at, self.awaits, self.is_moving = due_at, awaits, False

    def exit(self, *, now: datetime) -> None:
        self._note(now, "exit")
        self.step = END
        self.leave(Ending.EXIT_STEP)

    def leave(self, ending: Ending) -> None:
        self.ending, self.is_moving = ending, False

    def _note(self, now: datetime, outcome: str) -> None:
        self.trail.append([self.step, now.isoformat(), outcome])


@dataclass(frozen=True)
class Party:
    """Travellers of one version who are moved on together."""

    plan: Plan
    flow_id: int
    flow_name: str
    now: datetime
    travellers: Sequence[Traveller]

    def at(self, key: str) -> list[Traveller]:
        return [each for each in self.travellers if each.is_moving and each.step == key]


def traveller_of(enrolment: Enrolment, plan: Plan) -> Traveller:
    """As it was claimed: at a wait, which is then over, or at a step that is to be carried out."""
    is_wait = plan.nodes[enrolment.step].do in (Do.WAIT, Do.WAIT_FOR)
    return Traveller(enrolment, enrolment.step, enrolment.arrived_at, has_rested=is_wait)
