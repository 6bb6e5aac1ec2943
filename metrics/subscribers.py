from __future__ import annotations

from collections.abc import Sequence

from customers.events import CustomersMerged, MergeUndone
from metrics import actions
from sales.events import OrderArchived, OrderCancelled, OrderChanged, OrderPlaced, OrderRefunded, OrderRestored
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
def keep_rollups(events: Sequence[Event]) -> None:
    """One set of statements per batch. Both sides of a merge have their orders counted anew."""
    customers = {event.customer_id for event in events} | {event.payload.get("absorbed_id") for event in events}
    orders = {event.payload["order_id"] for event in events if "order_id" in event.payload}
    actions.count_orders(customer_ids={one for one in customers if one is not None}, order_ids=orders)
