from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models import WorkspaceManager, WorkspaceOwned


class ProductQuerySet(models.QuerySet["Product"]):
    def offered(self) -> ProductQuerySet:
        return self.filter(archived_at=None)


class Product(WorkspaceOwned):
    sku = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=120, blank=True)
    price_minor = models.BigIntegerField(default=0)
    url = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(ProductQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "sku"], name="one_product_per_sku"),
            models.CheckConstraint(condition=models.Q(price_minor__gte=0), name="price_is_not_negative"),
        ]
        indexes = [
            models.Index(fields=["workspace", "name", "id"], name="product_by_name"),
            models.Index(fields=["workspace", "price_minor", "id"], name="product_by_price"),
        ]

    def __str__(self) -> str:
        return self.name
