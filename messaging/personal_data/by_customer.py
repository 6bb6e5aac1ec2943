"""Rows that belong to one customer by their key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models

from customers.contracts import PersonalData
from customers.models import Customer
from messaging.models import ConsentRecord, ContactWish, Enrolment, FlowEntrance, Message, Reply


class ByCustomer(PersonalData):
    model: ClassVar[type[Message | ConsentRecord | ContactWish | Enrolment | FlowEntrance | Reply]]

    def rows(self, customer: Customer) -> models.QuerySet[Any]:
        return self.model.objects.filter(customer=customer)

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        ids = list(self.rows(absorbed).order_by("pk").values_list("pk", flat=True))
        self.rows(absorbed).update(customer=survivor)
        return ids

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        self.model.objects.filter(pk__in=ids).update(customer=absorbed)
