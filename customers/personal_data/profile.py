"""The profile itself, what is counted of it, and what other systems call it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData
from customers.models import (
    Customer,
    ExternalId,
    Facts,
)
from customers.personal_data.by_customer import ByCustomer

PROFILE_FIELDS = (
    "name", "email", "phone", "language", "zone", "birth_monthday", "birth_year", "joined_on", "address", "city",
    "postal_code", "country", "preferred_channel", "source_channel", "attributes", "created_at", "updated_at",
    "archived_at",
)  # fmt: skip
FACT_FIELDS = tuple(field.name for field in Facts._meta.concrete_fields if field.name not in {"customer", "workspace"})


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


class ExternalIdsData(ByCustomer):
    model = ExternalId
    label = _("Numbers in other systems")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        yield from self.rows(customer).order_by("pk").values("source", "value", "created_at")
