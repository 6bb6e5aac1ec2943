from __future__ import annotations

from collections.abc import Sequence

from customers.events import CustomersMerged, MergeUndone, customers_of
from metrics import actions
from sales.events import WHAT_ORDERS_COUNT
from timeline.models import Event
from timeline.registry import subscribe


@subscribe(*WHAT_ORDERS_COUNT, CustomersMerged, MergeUndone, batch_size=5000)
def keep_rollups(events: Sequence[Event]) -> None:
    """One set of statements per batch."""
    orders = {event.payload["order_id"] for event in events if "order_id" in event.payload}
    actions.count_orders(customer_ids=customers_of(events), order_ids=orders)
