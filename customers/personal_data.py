"""What this room knows of a customer: how it is exported, erased, and moved to the survivor of a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData, register_personal_data
from customers.models import (
    AttributeValue,
    Customer,
    CustomerTag,
    Distinction,
    ExternalId,
    Facts,
    ImportRow,
    IngestedEvent,
    Merge,
    Note,
    PrivacyRequest,
    Segment,
    SegmentKind,
    SegmentMembership,
)
from customers.queries.imports import rows_about
from customers.queries.timeline import identities
from timeline.models import Event

PROFILE_FIELDS = (
    "name", "email", "phone", "language", "zone", "birth_monthday", "birth_year", "joined_on", "address", "city",
    "postal_code", "country", "preferred_channel", "source_channel", "attributes", "created_at", "updated_at",
    "archived_at",
)  # fmt: skip
FACT_FIELDS = tuple(field.name for field in Facts._meta.concrete_fields if field.name not in {"customer", "workspace"})


class _ByCustomer(PersonalData):
    """Rows that belong to a customer by their key `customer`, and go when the customer is erased."""

    model: ClassVar[type[ExternalId | Note | CustomerTag | AttributeValue | PrivacyRequest | SegmentMembership]]

    def rows(self, customer: Customer) -> models.QuerySet[Any]:
        return self.model.objects.filter(customer=customer)

    def erase(self, customer: Customer) -> int:
        return self.rows(customer).delete()[0]

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        return self.rows(absorbed)

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        ids = list(self.movable(absorbed, survivor).order_by("pk").values_list("pk", flat=True))
        self.model.objects.filter(pk__in=ids).update(customer=survivor)
        return ids

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        self.model.objects.filter(pk__in=ids).update(customer=absorbed)


class ProfileData(PersonalData):
    """The profile itself stays where it is: a merge fills the survivor's gaps by its own action."""

    model = Customer
    label = _("Profile")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield {name: getattr(customer, name) for name in PROFILE_FIELDS}

    def erase(self, customer: Customer) -> int:
        """Kept is the day of joining, without which no count of a past month would be right."""
        texts = dict.fromkeys(
            ("name", "email", "email_norm", "phone", "phone_norm", "language", "zone", "address", "city",
             "postal_code", "country", "source_channel"), ""
        )  # fmt: skip
        now = timezone.now()
        return Customer.objects.filter(pk=customer.pk).update(
            **texts, birth_monthday=None, birth_year=None, attributes={}, updated_at=now, erased_at=now
        )

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        """Who was merged into the absorbed one follows, so that one step always leads to who remains."""
        followers = Customer.objects.filter(merged_into=absorbed)
        ids = list(followers.order_by("pk").values_list("pk", flat=True))
        followers.update(merged_into=survivor)
        return ids

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        Customer.objects.filter(pk__in=ids).update(merged_into=absorbed)


class FactsData(PersonalData):
    """Numbers and days: they say nothing of who it was, and the apps that own them count anew after a merge."""

    model = Facts
    label = _("Figures")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for facts in Facts.objects.filter(customer=customer):
            yield {name: getattr(facts, name) for name in FACT_FIELDS}

    def erase(self, customer: Customer) -> int:
        return 0

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


class ExternalIdsData(_ByCustomer):
    model = ExternalId
    label = _("Numbers in other systems")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("source", "value", "created_at")


class NotesData(_ByCustomer):
    """Archived notes are exported too: they are kept."""

    model = Note
    label = _("Notes")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("text", "written_at", "edited_at", "archived_at")


class TagsData(_ByCustomer):
    model = CustomerTag
    label = _("Tags")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("created_at", name=F("tag__name"))

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        return self.rows(absorbed).exclude(tag__in=self.rows(survivor).values("tag"))


class AttributeValuesData(_ByCustomer):
    """A value that the survivor has too stays with the absorbed one, whose page-to-be-undone still shows it."""

    model = AttributeValue
    label = _("Attributes")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("text", "number", "day", "flag", of=F("attribute__label"))

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        return self.rows(absorbed).exclude(attribute__in=self.rows(survivor).values("attribute"))


class SegmentMembershipsData(_ByCustomer):
    """Rules find the survivor by themselves; only what was put on a list by hand goes over."""

    model = SegmentMembership
    label = _("Segments")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("entered_at", name=F("segment__name"))

    def erase(self, customer: Customer) -> int:
        listed = Segment.objects.filter(memberships__customer=customer)
        listed.update(members_count=F("members_count") - 1)
        return super().erase(customer)

    def movable(self, absorbed: Customer, survivor: Customer) -> models.QuerySet[Any]:
        by_hand = self.rows(absorbed).filter(segment__kind=SegmentKind.STATIC)
        return by_hand.exclude(segment__in=self.rows(survivor).values("segment"))


class MergesData(PersonalData):
    """What was moved is told by ids and names of fields; without it a merge can't be undone after an erasure."""

    model = Merge
    label = _("Merges")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        merges = Merge.objects.filter(Q(survivor=customer) | Q(absorbed=customer)).order_by("pk")
        for merge in merges:
            yield {"merged_at": merge.merged_at, "undone_at": merge.undone_at}

    def erase(self, customer: Customer) -> int:
        return Merge.objects.filter(Q(survivor=customer) | Q(absorbed=customer)).update(moved={})

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        """A merge keeps naming the two that it was about."""
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


class DistinctionsData(PersonalData):
    """Who looks like whom says something of both; a merge leaves it with the two that it was about."""

    model = Distinction
    label = _("Records told apart")

    def rows(self, customer: Customer) -> models.QuerySet[Distinction]:
        rows: models.QuerySet[Distinction] = Distinction.objects.filter(Q(first=customer) | Q(second=customer))
        return rows

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for distinction in self.rows(customer).order_by("pk"):
            yield {"decided_at": distinction.decided_at}

    def erase(self, customer: Customer) -> int:
        return self.rows(customer).delete()[0]

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


class PrivacyRequestsData(_ByCustomer):
    """Erased, a request stays as the proof that it was met; it says nothing of whose it was."""

    model = PrivacyRequest
    label = _("Privacy requests")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("kind", "requested_at", "completed_at")

    def erase(self, customer: Customer) -> int:
        return 0


class IngestedEventsData(PersonalData):
    """They belong to a customer through the timeline, whose events keep their customer: a merge moves nothing.

    Erased, the keys stay, so that what was told once is not taken for news; a key is a hash and says nothing.
    """

    model = IngestedEvent
    label = _("Events told by programs")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        events = list(_custom_events(customer).order_by("occurred_at", "pk"))
        keys = [event.payload["key"] for event in events]
        told = {each.key: each for each in IngestedEvent.objects.filter(key__in=keys)}
        for event in events:
            kept = told.get(UUID(event.payload["key"]))
            yield {
                "name": event.payload["name"],
                "occurred_at": event.occurred_at,
                "properties": kept.read_properties() if kept else {},
            }

    def erase(self, customer: Customer) -> int:
        keys = [event.payload["key"] for event in _custom_events(customer)]
        return IngestedEvent.objects.filter(key__in=keys).exclude(properties="").update(properties="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


class ImportRowsData(PersonalData):
    """Lines of files that were refused or doubtful; who is meant is known only by what stands in them.

    A copy has the lines that nobody else can be meant by. Erasure takes more: a namesake's line loses its words too.
    """

    model = ImportRow
    label = _("Kept lines of imports")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for row in rows_about(customer, even_by_name=False).select_related("source").order_by("pk"):
            yield {"file": row.source.file_name, "line": row.line, "reason": row.reason, "cells": row.raw}

    def erase(self, customer: Customer) -> int:
        reason = gettext("This line was emptied when somebody it may speak of was erased.")
        return rows_about(customer, even_by_name=True).update(raw=[], reason=reason, column="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


def _custom_events(customer: Customer) -> models.QuerySet[Event]:
    """Those whose payload was not erased."""
    events = Event.objects.filter(customer_id__in=identities(customer), kind="CustomEvent")
    return events.exclude(payload__key="")


register_personal_data(
    ProfileData(),
    ImportRowsData(),  # before the external ids, by which it looks
    FactsData(),
    ExternalIdsData(),
    NotesData(),
    TagsData(),
    AttributeValuesData(),
    SegmentMembershipsData(),
    MergesData(),
    DistinctionsData(),
    PrivacyRequestsData(),
    IngestedEventsData(),
)
