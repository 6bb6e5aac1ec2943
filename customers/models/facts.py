from __future__ import annotations

from django.db import models

from accounts.fields import WorkspaceOneToOneField
from accounts.models import WorkspaceOwned
from customers.models.customers import Customer


class Facts(WorkspaceOwned):
    """What segments and profiles read of a customer, one narrow row each. Only the app that owns a fact writes it.

    Instants and days, never "in the last 90 days": such a counter goes stale by itself.
    """

    customer = WorkspaceOneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="facts")
    # sales
    orders_count = models.IntegerField(default=0)
    purchase_days = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    spent_minor = models.BigIntegerField(default=0)
    first_order_on = models.DateField(null=True)
    last_order_on = models.DateField(null=True)
    last_visit_at = models.DateTimeField(null=True)
    # messaging
    last_sent_at = models.DateTimeField(null=True)
    last_opened_at = models.DateTimeField(null=True)
    last_clicked_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "facts"
        indexes = [
            models.Index(fields=["workspace", "spent_minor", "customer"], name="facts_by_spent"),
            models.Index(fields=["workspace", "last_order_on", "customer"], name="facts_by_last_order"),
            models.Index(fields=["workspace", "first_order_on"], name="facts_by_first_order"),
            # So that those who never ordered, or once, follow in the order of what they spent.
            models.Index(
                fields=["workspace", "orders_count", "spent_minor", "customer"], name="facts_by_orders_and_spent"
            ),
            # The key's own index, with what lists of customers filter and sort by: their facts need not be read.
            models.Index(
                fields=["workspace", "customer"],
                include=["orders_count", "spent_minor", "first_order_on", "last_order_on"],
                name="facts_of_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"facts of {self.customer_id}"
