"""What was put on a customer: notes, tags, attributes, segments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from customers.models import (
    AttributeValue,
    Customer,
    CustomerTag,
    Note,
    Segment,
    SegmentKind,
    SegmentMembership,
)
from customers.personal_data.by_customer import ByCustomer
from customers.segments.membership import recount_lists


class NotesData(ByCustomer):
    """Archived notes are exported too: they are kept."""

    model = Note
    label = _("Notes")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("text", "written_at", "edited_at", "archived_at")


class TagsData(ByCustomer):
    model = CustomerTag
    label = _("Tags")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("created_at", name=F("tag__name"))

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        return self.rows(absorbed).exclude(tag__in=self.rows(survivor).values("tag"))


class AttributeValuesData(ByCustomer):
    """A value that the survivor has too stays with the absorbed one, whose page-to-be-undone still shows it."""

    model = AttributeValue
    label = _("Attributes")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("text", "number", "day", "flag", of=F("attribute__label"))

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        return self.rows(absorbed).exclude(attribute__in=self.rows(survivor).values("attribute"))


class SegmentMembershipsData(ByCustomer):
    """Rules find the survivor by themselves; only what was put on a list by hand goes over."""

    model = SegmentMembership
    label = _("Segments")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("entered_at", name=F("segment__name"))

    def erase(self, customer: Customer) -> int:
        segments = list(self.rows(customer).values_list("segment", flat=True))
        erased = super().erase(customer)
        theirs = Segment.objects.filter(pk__in=segments)
        theirs.filter(kind=SegmentKind.RULE).update(members_count=F("members_count") - 1)
        recount_lists(theirs.filter(kind=SegmentKind.STATIC))
        return erased

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        by_hand = self.rows(absorbed).filter(segment__kind=SegmentKind.STATIC)
        return by_hand.exclude(segment__in=self.rows(survivor).values("segment"))
