"""A rollup's copy of an order says nothing that the order does not: the order is exported and erased, this follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData, register_personal_data
from customers.models import Customer
from metrics.models import CountedOrder


class CountedOrderData(PersonalData):
    model = CountedOrder
    label = _("Counted orders")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        return iter(())

    def erase(self, customer: Customer) -> int:
        return 0

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        """`metrics.keep_rollups` counts both customers' orders anew when it hears of the merge."""
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        """As above, when it hears that the merge was undone."""


register_personal_data(CountedOrderData())
