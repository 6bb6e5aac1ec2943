"""What shops tell through the API's `identify`, `alias` and `track`.

Part of one transaction, that of `sales.actions.ingest`: a savepoint for each would be two more trips to the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from customers.events import CustomEvent
from customers.ingesting.claiming import claim_keys, release_keys
from customers.ingesting.identities import Aliasing, Identification, alias, identify
from customers.ingesting.telling import Told, ToldEvent, Writing, tell, tell_at_once
from timeline.recording import record_select


class NotAtOnce(Exception):
    """There is more to these events than to record them; see `tell_custom_events`."""


@transaction.atomic(savepoint=False)
def tell_custom_events(events: Sequence[ToldEvent]) -> Told:
    """Record a CustomEvent for each that was not told before. People who are not known yet are added."""
    if len(events) == 1 and tell_at_once(events):
        return Told(1, {})
    return tell(events, _write, is_kept=True)


@transaction.atomic(savepoint=False)
def tell_custom_events_at_once(events: Sequence[ToldEvent]) -> None:
    """Record a CustomEvent for each. Raises NotAtOnce, and records none, unless all are new and of people we know."""
    if tell_at_once(events) < len(events):
        raise NotAtOnce


@transaction.atomic(savepoint=False)
def identify_customers(calls: Sequence[Identification]) -> Told:
    """Add or change who is identified; a visitor becomes who they are."""
    new = claim_keys(call.key for call in calls)
    fresh = list({call.key: call for call in reversed(calls) if call.key in new}.values())[::-1]
    refusals = identify(fresh)
    release_keys([call.key for call in fresh if call.position in refusals])
    return Told(len(fresh) - len(refusals), refusals)


@transaction.atomic(savepoint=False)
def alias_customers(calls: Sequence[Aliasing]) -> Told:
    """Make one person of two ids, for each call."""
    new = claim_keys(call.key for call in calls)
    fresh = list({call.key: call for call in reversed(calls) if call.key in new}.values())[::-1]
    refusals = alias(fresh)
    release_keys([call.key for call in fresh if call.position in refusals])
    return Told(len(fresh) - len(refusals), refusals)


def _write(writing: Writing) -> int:
    return record_select(CustomEvent, "select customer_id, occurred_at, name, key from told", (), writing=writing)
