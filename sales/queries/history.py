"""What happened to one order, read from the timeline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from accounts.queries import actor_names
from customers.contracts import TimelineEntry, describers
from customers.models import Customer
from sales.models import Order
from timeline.models import Event

# Between an order's own stamp and the event that was recorded after it, in the same transaction.
_SAME_TRANSACTION = timedelta(minutes=1)
_MOST_MOVES = 10


@dataclass(frozen=True)
class HistoryLine:
    event: Event
    entry: TimelineEntry
    actor: str

    @property
    def words(self) -> str:
        return " · ".join(part for part in (self.entry.detail, self.actor) if part)


def order_history(order: Order) -> list[HistoryLine]:
    """The newest first. `order` comes with its refunds: what happened is looked for at the times that the rows know."""
    events = sorted(_events_of(order), key=lambda event: (event.occurred_at, event.pk), reverse=True)
    names = actor_names({event.actor for event in events})
    entries = _entries(events)
    return [
        HistoryLine(event, entries[event.pk], names.get(event.actor, "")) for event in events if event.pk in entries
    ]


def _events_of(order: Order) -> list[Event]:
    """Events stand under their customer: those of whoever it was moved from, or was merged, are followed as well."""
    found: dict[int, Event] = {}
    asked: set[int | None] = set()
    buyers: set[int | None] = {order.customer_id}
    if order.customer_id:
        buyers |= set(Customer.objects.filter(merged_into=order.customer_id).values_list("pk", flat=True))
    while buyers - asked and len(asked) < _MOST_MOVES:
        events = list(_events_under(buyers - asked, order))
        asked |= buyers
        found |= {event.pk: event for event in events}
        buyers |= {event.payload["other_customer_id"] for event in events if event.payload.get("has_moved")}
    return list(found.values())


def _events_under(buyers: Collection[int | None], order: Order) -> Collection[Event]:
    stamps = [order.placed_at, order.paid_at, order.fulfilled_at, order.cancelled_at]
    stamps += [refund.refunded_at for refund in order.refunds.all()]
    known = Q(occurred_at__in=[stamp for stamp in stamps if stamp])
    at_work = Q(occurred_at__range=(order.created_at, order.updated_at + _SAME_TRANSACTION))
    whose = Q(customer_id__in=[buyer for buyer in buyers if buyer is not None])
    if None in buyers:
        whose |= Q(customer_id=None)
    return Event.objects.filter(whose, known | at_work, kind__startswith="Order", payload__order_id=order.pk)


def _entries(events: Collection[Event]) -> dict[int, TimelineEntry]:
    entries: dict[int, TimelineEntry] = {}
    known = describers()
    for describe in {known[event.kind][1] for event in events if event.kind in known}:
        entries |= describe([event for event in events if known.get(event.kind, ("", None))[1] is describe])
    return entries
