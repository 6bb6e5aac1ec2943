"""Keys of what is told once and has an effect of its own, beside the CustomEvents of `telling`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from accounts.scope import current_workspace_id
from customers.models import IngestedEvent
from customers.staging import fetch


def claim_keys(keys: Iterable[str]) -> set[str]:
    """Those of the keys that were not known. Whoever brings the same ones at the same time waits for our commit."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    found = fetch(
        """insert into customers_ingestedevent (workspace_id, key, properties)
           select %s, key, '' from unnest(%s::uuid[]) as key
           on conflict do nothing returning key""",
        [current_workspace_id(), wanted],
    )
    return {UUID(str(key)).hex for (key,) in found}


def release_keys(keys: Sequence[str]) -> None:
    """What was refused had no effect, so it may be told again once it is mended."""
    if keys:
        IngestedEvent.objects.filter(key__in=keys).delete()
