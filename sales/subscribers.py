from __future__ import annotations

from collections.abc import Sequence

from customers.events import CustomersMerged, MergeUndone, customers_of
from sales.actions.facts import recount_purchases, refresh_last_visits
from sales.events import WHAT_ORDERS_COUNT, PageViewed, ProductViewed
from timeline.models import Event
from timeline.registry import subscribe


@subscribe(*WHAT_ORDERS_COUNT, CustomersMerged, MergeUndone, batch_size=5000)
def count_purchases(events: Sequence[Event]) -> None:
    recount_purchases(customers_of(events))


@subscribe(PageViewed, ProductViewed, CustomersMerged, MergeUndone, batch_size=5000)
def note_visits(events: Sequence[Event]) -> None:
    refresh_last_visits(customers_of(events))
