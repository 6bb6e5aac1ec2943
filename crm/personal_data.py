"""What the API's kept answers say of a customer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import IdempotencyKey
from accounts.public_ids import encode_id
from customers.contracts import PersonalData, register_personal_data
from customers.models import Customer


class ApiAnswersData(PersonalData):
    """First answers, kept for a retry; whom they name is known only by what stands in them."""

    model = IdempotencyKey
    label = _("Kept answers of the API")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        """That there is one, and not what it says: it may name others, and this person's part is in the profile."""
        for answer in _naming(customer).order_by("pk"):
            yield {"address": answer.route, "answered_at": answer.created_at}

    def erase(self, customer: Customer) -> int:
        return _naming(customer).update(body="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        return


def _naming(customer: Customer) -> models.QuerySet[IdempotencyKey]:
    """Those with the customer's id, name, address or number as a whole text, or the e-mail address within one."""
    whole = {encode_id("cus", customer.pk), customer.name, customer.phone, customer.phone_norm} - {""}
    within = {customer.email, customer.email_norm} - {""}
    needles = {words for text in whole for words in _written(text)}
    needles |= {words[1:-1] for text in within for words in _written(text)}
    return IdempotencyKey.objects.exclude(body="").filter(reduce(or_, (Q(body__icontains=each) for each in needles)))


def _written(text: str) -> tuple[str, str]:
    """As JSON has it, with and without its letters escaped."""
    return json.dumps(text), json.dumps(text, ensure_ascii=False)


register_personal_data(ApiAnswersData())
