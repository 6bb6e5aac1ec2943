from __future__ import annotations

from django.db import models

from accounts.fields import WorkspaceForeignKey, WorkspaceOneToOneField
from accounts.models import WorkspaceOwned
from customers.models import Customer
from sales.models import Order


class CountedOrder(WorkspaceOwned):
    """An order as the rollups hold it: what must be taken back when it changes.

    `is_first` says that the customer had never ordered before: the order that made a new buyer. An order without a
    customer is nobody's first.
    """

    order = WorkspaceOneToOneField(Order, on_delete=models.CASCADE, primary_key=True, related_name="+")
    customer = WorkspaceForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    channel = models.CharField(max_length=60)
    revenue_minor = models.BigIntegerField()
    units = models.IntegerField()
    is_first = models.BooleanField()

    class Meta(WorkspaceOwned.Meta):
        indexes = [
            models.Index(fields=["workspace", "day", "order"], name="counted_order_by_day"),
            models.Index(fields=["workspace", "customer", "day"], name="counted_order_of_customer"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} on {self.day}"


class DayChannel(WorkspaceOwned):
    """The rollup that the overview reads: one row for each day and channel with an order."""

    day = models.DateField()
    channel = models.CharField(max_length=60)
    orders = models.IntegerField()
    first_orders = models.IntegerField()
    repeat_orders = models.IntegerField()
    units = models.IntegerField()
    revenue_minor = models.BigIntegerField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "day", "channel"], name="one_rollup_per_day_and_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} on {self.day}"
