"""What segments can ask of the profile: who somebody is, where they live, since when they are a customer."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.functions import ExtractDay, ExtractMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.events import (
    AttributeArchived,
    AttributeRestored,
    CustomerArchived,
    CustomerChanged,
    CustomerErased,
    CustomerJoined,
    CustomerRestored,
    CustomersMerged,
    CustomerTagged,
    CustomerUntagged,
    MergeUndone,
    SegmentArchived,
    SegmentBuilt,
    SegmentEntered,
    SegmentLeft,
    SegmentRestored,
    TagRemoved,
)
from customers.models import CustomerTag, Segment, SegmentMembership, Tag
from customers.models.customers import Channel
from customers.segments.comparing import Kind
from customers.segments.event_fields import CustomEventFamily, EventFamily
from customers.segments.fields import ColumnField, register_field_family, register_segment_fields
from customers.segments.labels import AttributeFamily, LinkField
from customers.segments.yearly import YearlyField

PROFILE, PLACE, LABELS = _("Profile"), _("Where they live"), _("Attributes and tags")
HAPPENED, TOLD = _("What happened"), _("What your shop told")

# Whoever is added, changed, put away or merged may come to fit, or not to fit any more.
WHO_COUNTS = frozenset(
    event.kind
    for event in (
        CustomerJoined,
        CustomerChanged,
        CustomerArchived,
        CustomerRestored,
        CustomerErased,
        CustomersMerged,
        MergeUndone,
    )
)
_TAGGING = WHO_COUNTS | {CustomerTagged.kind, CustomerUntagged.kind, TagRemoved.kind}
_MEMBERSHIP = {event.kind for event in (SegmentEntered, SegmentLeft, SegmentBuilt, SegmentArchived, SegmentRestored)}
_ATTRIBUTES = WHO_COUNTS | {AttributeArchived.kind, AttributeRestored.kind}


def _column(key: str, label: str | Promise, group: str | Promise, kind: Kind = Kind.TEXT, **more: Any) -> ColumnField:
    return ColumnField(key, label, group, kind, path=key, listens=WHO_COUNTS, **more)


def _day_of_joining() -> Any:
    return ExtractMonth("joined_on") * 100 + ExtractDay("joined_on")


register_segment_fields(
    _column("name", _("Name"), PROFILE),
    _column("email", _("E-mail"), PROFILE),
    _column("phone", _("Phone"), PROFILE),
    _column("language", _("Language"), PROFILE, Kind.CHOICE),
    _column("preferred_channel", _("Reach them by"), PROFILE, Kind.CHOICE, known=lambda: list(Channel.choices)),
    _column("source_channel", _("Came through"), PROFILE),
    _column("joined_on", _("Customer since"), PROFILE, Kind.DAY),
    YearlyField("anniversary", _("Anniversary as a customer"), PROFILE, _day_of_joining, WHO_COUNTS),
    YearlyField("birthday", _("Birthday"), PROFILE, lambda: F("birth_monthday"), WHO_COUNTS),
    _column("birth_year", _("Year of birth"), PROFILE, Kind.NUMBER),
    _column("city", _("City"), PLACE),
    _column("postal_code", _("Postal code"), PLACE),
    _column("country", _("Country"), PLACE, Kind.CHOICE),
    LinkField(
        "tag",
        _("Tag"),
        LABELS,
        prefix="tag",
        things=lambda: Tag.objects.order_by("name"),
        rows=lambda ids: CustomerTag.objects.filter(tag__in=ids),
        listens=_TAGGING,
    ),
    LinkField(
        "segment",
        _("Segment"),
        LABELS,
        prefix="seg",
        things=lambda: Segment.objects.in_use().order_by("name"),
        rows=lambda ids: SegmentMembership.objects.filter(segment__in=ids),
        listens=WHO_COUNTS | _MEMBERSHIP,
    ),
)
register_field_family(AttributeFamily(LABELS, _ATTRIBUTES))
register_field_family(EventFamily(HAPPENED, WHO_COUNTS))
register_field_family(CustomEventFamily(TOLD, WHO_COUNTS))
