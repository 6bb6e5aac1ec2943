from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.db.models import QuerySet

from accounts.paging import Page, keyset_page
from customers.models import Customer, Segment, SegmentMembership
from customers.models.customers import LISTED
from customers.segments.comparing import Operator
from customers.segments.fields import ConditionRefused, SegmentField, segment_field, segment_fields
from customers.segments.properties import PROPERTY_OPERATORS


def segments_by_name() -> QuerySet[Segment]:
    return Segment.objects.in_use().order_by("name", "pk")


def lists_by_name() -> QuerySet[Segment]:
    return Segment.objects.in_use().by_hand().order_by("name", "pk")


def segments_of(customer: Customer) -> QuerySet[Segment]:
    """Those in use that the customer is in, by name."""
    memberships = SegmentMembership.objects.filter(customer=customer)
    return segments_by_name().filter(pk__in=memberships.values("segment"))


def archived_segments() -> QuerySet[Segment]:
    return Segment.objects.exclude(archived_at=None).order_by("name", "pk")


def member_page(segment: Segment, *, cursor: str = "", size: int = 50) -> Page[SegmentMembership]:
    """Newest first, with their customers. Whoever is archived is on lists by hand still, but not shown."""
    there = {f"customer__{name}": value for name, value in LISTED.items()}
    memberships = SegmentMembership.objects.filter(segment=segment, **there).select_related("customer")
    return keyset_page(memberships, sort="-pk", cursor=cursor, size=size)


def field_catalogue(asked: Iterable[str] = ()) -> list[dict[str, Any]]:
    """All that can be asked, for the builder and for programs: plain values only.

    With what is `asked` already, by keys: what a shop told under a name that it has not used lately is offered no more.
    """
    offered = segment_fields()
    keys = {field.key for field in offered}
    return [_described(field) for field in [*offered, *_others(key for key in asked if key not in keys)]]


def property_operators() -> list[dict[str, str]]:
    return [_operator(key, operator) for key, operator in PROPERTY_OPERATORS.items()]


def _others(keys: Iterable[str]) -> Iterator[SegmentField]:
    for key in sorted(set(keys)):
        with suppress(ConditionRefused):
            yield segment_field(key)


def _described(field: SegmentField) -> dict[str, Any]:
    return {
        "key": field.key,
        "label": str(field.label),
        "group": str(field.group),
        "operators": [_operator(key, operator) for key, operator in field.operators.items()],
        "choices": _choices(field.choices()),
        "takes_window": field.takes_window,
        "properties": None if field.properties is None else list(field.properties),
        "filters": [{"key": name, "choices": _choices(field.filter_choices(name))} for name in field.filters],
    }


def _operator(key: str, operator: Operator) -> dict[str, str]:
    return {"key": key, "label": str(operator.label), "wants": operator.wants.value}


def _choices(choices: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"value": value, "label": str(label)} for value, label in choices]
