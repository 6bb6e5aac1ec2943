"""Rows that belong to one customer by their key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models

from customers.contracts import PersonalData
from customers.models import (
    AttributeValue,
    Customer,
    CustomerTag,
    ExternalId,
    Note,
    PrivacyRequest,
    SegmentMembership,
)


class ByCustomer(PersonalData):
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
