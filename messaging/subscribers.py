from __future__ import annotations

from collections.abc import Sequence

from customers.events import CustomerChanged, CustomerJoined, CustomerRestored
from messaging import actions
from timeline.models import Event
from timeline.registry import subscribe

MOVES_A_BIRTHDAY = {"birthday", "zone", "email"}


@subscribe(CustomerChanged)
def follow_edited_birthdays(events: Sequence[Event]) -> None:
    changed = {event.customer_id for event in events if MOVES_A_BIRTHDAY & set(event.payload["changed"])}
    if customer_ids := sorted(customer_id for customer_id in changed if customer_id is not None):
        actions.reconsider_birthdays(customer_ids)


@subscribe(CustomerJoined, CustomerRestored)
def greet_newcomers(events: Sequence[Event]) -> None:
    """Somebody who joins on their birthday need not wait for the next quarter of an hour."""
    actions.look_for_birthdays()
