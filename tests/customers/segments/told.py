"""Things that happened, put on the timeline as they would be, on any day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from customers.events import CustomEvent
from customers.models import Customer, IngestedEvent
from sales.events import OrderPlaced
from timeline.recording import record_many
from timeline.registry import EventBody


@dataclass(frozen=True)
class Happening:
    customer_id: int
    kind: str
    name: str
    at: datetime
    properties: dict[str, Any]


def tell(happenings: Iterable[Happening]) -> None:
    record_many([_body(each) for each in happenings])


def _body(each: Happening) -> EventBody:
    if each.kind == OrderPlaced.kind:
        return OrderPlaced(
            customer_id=each.customer_id, occurred_at=each.at, order_id=1, value_minor=each.properties.get("value", 1)
        )
    key: UUID = uuid4()
    IngestedEvent.objects.create(key=key, properties=json.dumps(each.properties) if each.properties else "")
    return CustomEvent(customer_id=each.customer_id, occurred_at=each.at, name=each.name, key=str(key))


def saved(customer: Customer, minutes: Any = 5, *, on: date = date(2026, 3, 1)) -> None:
    """The customer saved a recipe, as the shop calls that."""
    at = datetime.combine(on, time(12), UTC)
    tell([Happening(customer.pk, "CustomEvent", "Recipe saved", at, {"minutes": minutes, "recipe": "Rye"})])
