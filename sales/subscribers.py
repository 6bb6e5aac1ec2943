from __future__ import annotations

from collections.abc import Sequence

from customers.events import CustomersMerged, MergeUndone
from sales.actions.facts import recount_purchases, refresh_last_visits
from sales.events import (
    OrderArchived,
    OrderCancelled,
    OrderChanged,
    OrderPlaced,
    OrderRefunded,
    OrderRestored,
    PageViewed,
)
from timeline.models import Event
from timeline.registry import subscribe


@subscribe(
    OrderPlaced,
    OrderChanged,
    OrderRefunded,
    OrderCancelled,
    OrderArchived,
    OrderRestored,
    CustomersMerged,
    MergeUndone,
    batch_size=5000,
)
def count_purchases(events: Sequence[Event]) -> None:
    recount_purchases(_customers_of(events))


@subscribe(PageViewed, CustomersMerged, MergeUndone, batch_size=5000)
def note_visits(events: Sequence[Event]) -> None:
    refresh_last_visits(_customers_of(events))


def _customers_of(events: Sequence[Event]) -> set[int]:
    """Both sides of a merge have their rows counted anew."""
    ids = {event.customer_id for event in events} | {event.payload.get("absorbed_id") for event in events}
    return {customer_id for customer_id in ids if customer_id is not None}
