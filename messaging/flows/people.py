"""Whom a flow is about: conditions are asked of whole sets, by ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.scope import current_workspace
from customers.models import Customer
from customers.models.customers import IS_LISTED
from customers.queries.filtering import Among
from customers.segments.compiling import Understood
from customers.segments.definitions import definition_of
from customers.segments.fields import Frame
from messaging.local_mornings import zone_or


def those_who(condition: Mapping[str, Any] | None, ids: Collection[int], *, now: datetime) -> set[int]:
    """Those of the listed customers for whom a segment's rule holds; all of them if there is none.

    By the rows behind the facts: facts are kept by subscribers of their own, who may hear of the same event later.
    """
    if not ids:
        return set()
    if condition is None:
        return set(Customer.objects.filter(IS_LISTED, Among("pk", sorted(ids))).values_list("pk", flat=True))
    today = now.astimezone(current_workspace().tzinfo).date()
    rule = Understood(definition_of(dict(condition)))
    return set(rule.customers(Frame(today, sorted(ids), is_raw=True)).values_list("pk", flat=True))


def current_ids(ids: Iterable[int]) -> dict[int, int]:
    """Whom each id means by now: whoever was merged is the one they were merged into in the end."""
    meant = {pk: pk for pk in ids}
    while True:
        asked = Customer.objects.filter(Among("pk", sorted(set(meant.values())))).exclude(merged_into=None)
        onto = dict(asked.values_list("pk", "merged_into_id"))
        if not onto:
            return meant
        meant = {pk: onto.get(found, found) for pk, found in meant.items()}


def zones_of(ids: Collection[int]) -> dict[int, ZoneInfo]:
    home = current_workspace().tzinfo
    found = Customer.objects.filter(Among("pk", sorted(ids))).values_list("pk", "zone")
    return {pk: zone_or(zone, home) for pk, zone in found}
