"""What was done with a customer: merges, requests for privacy, what programs and files told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData
from customers.models import (
    Customer,
    Distinction,
    ImportRow,
    IngestedEvent,
    Merge,
    PrivacyRequest,
)
from customers.personal_data.by_customer import ByCustomer
from customers.queries.imports import rows_about
from customers.queries.timeline import identities
from timeline.models import Event


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


class PrivacyRequestsData(ByCustomer):
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
