"""Who would enter a flow, as what, and under which key: before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from messaging.flows.definitions import Definition, On, Policy, Reentry, Trigger
from messaging.holdout import is_held_out
from timeline.models import Event

# What an event is about, by the field of its payload.
_SUBJECT_FIELDS = {"cart": "cart_id", "order": "order_id"}
_KEPT = ("cart_id", "order_id", "message_id", "page_view_id", "product_view_id", "name", "key")


@dataclass(frozen=True)
class Entrant:
    """`at` is when what brings them happened; waits count from there. `thing` is what it is about: `cart:7`."""

    customer_id: int
    at: datetime
    thing: str = ""
    year: int = 0
    context: Mapping[str, Any] = field(default_factory=dict)

    def subject(self, reentry: Reentry) -> str:
        if reentry.policy is Policy.EVERY_TIME or reentry.by != "event":
            return self.thing
        return ""

    def entry_key(self, reentry: Reentry) -> str:
        """What may happen once. A cool-down is kept by FlowEntrance, so each entry after one has a key of its own."""
        match reentry.policy:
            case Policy.ONCE:
                return ""
            case Policy.EVERY_TIME:
                return self.thing
            case Policy.YEARLY:
                return str(self.year or self.at.year)
            case Policy.COOLDOWN:
                return f"{self.subject(reentry)}@{int(self.at.timestamp() * 1_000_000)}"


def entrant_of(event: Event, customer_id: int, reentry: Reentry) -> Entrant:
    name = _SUBJECT_FIELDS.get(reentry.by)
    thing = event.payload.get(name) if name else None
    context = {key: event.payload[key] for key in _KEPT if event.payload.get(key) is not None}
    return Entrant(
        customer_id,
        event.occurred_at,
        f"{reentry.by}:{thing}" if thing is not None else f"event:{event.pk}",
        context=context | {"event": event.pk},
    )


def entrant_on(day: date, customer_id: int, at: datetime) -> Entrant:
    return Entrant(customer_id, at, f"day:{day.isoformat()}", year=day.year, context={"day": day.isoformat()})


def is_held_out_of(flow_id: int, customer_id: int, definition: Definition) -> bool:
    """Drawn once for a flow and a customer, whatever the version, and however often they enter."""
    return is_held_out(f"flow:{flow_id}", customer_id, percent=definition.holdout_percent)


def begins(trigger: Trigger, event: Event, *, segment_id: int | None) -> bool:
    """Whether the event is what the flow begins with."""
    if event.customer_id is None:
        return False
    if trigger.on is On.SEGMENT:
        return event.kind == "SegmentEntered" and event.payload.get("segment_id") == segment_id
    return trigger.happening is not None and trigger.happening.matches(event.kind, event.payload)


def latest_of_each(entrants: Sequence[Entrant], reentry: Reentry) -> list[Entrant]:
    """One for each customer and subject: the last if what comes again begins the wait anew, else the first."""
    chosen: dict[tuple[int, str], Entrant] = {}
    for each in sorted(entrants, key=lambda entrant: entrant.at, reverse=not reentry.restarts):
        chosen[each.customer_id, each.subject(reentry)] = each
    return sorted(chosen.values(), key=lambda entrant: (entrant.at, entrant.customer_id))
