from __future__ import annotations

from django.db import models

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models import Customer


class PageView(WorkspaceOwned):
    """A page that a customer looked at, as the shop told it through the API, or the snippet on its website."""

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="page_views")
    # The caller's `messageId`: the same view told twice is one view, for ever.
    message_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=500, blank=True)
    viewed_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "message_id"], name="one_page_view_per_message_id"),
        ]
        indexes = [models.Index(fields=["workspace", "customer", "-viewed_at"], name="page_view_newest_first")]

    def __str__(self) -> str:
        return self.path or self.name


class ProductView(WorkspaceOwned):
    """A product that a customer looked at. Name, price and address are as they were told then: it may be unknown here.

    `price_minor` is in `currency`; None where no price was told.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="product_views")
    message_id = models.CharField(max_length=120)
    sku = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=200, blank=True)
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    url = models.CharField(max_length=500, blank=True)
    viewed_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "message_id"], name="one_product_view_per_message_id"),
        ]
        indexes = [models.Index(fields=["workspace", "customer", "-viewed_at"], name="product_view_newest_first")]

    def __str__(self) -> str:
        return self.name or self.sku
