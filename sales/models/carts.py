from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Customer
from sales.models.orders import Order
from sales.models.products import Product


class CartStatus(models.TextChoices):
    OPEN = "open", _("Open")
    ORDERED = "ordered", _("Ordered")
    ARCHIVED = "archived", _("Archived")


class CartQuerySet(models.QuerySet["Cart"]):
    def open(self) -> CartQuerySet:
        return self.filter(ordered_at=None, archived_at=None)

    def having(self, status: str) -> CartQuerySet:
        """Those whose `status` this is."""
        return {
            CartStatus.OPEN: self.open(),
            CartStatus.ORDERED: self.filter(ordered_at__isnull=False),
            CartStatus.ARCHIVED: self.filter(ordered_at=None, archived_at__isnull=False),
        }[CartStatus(status)]

    def with_lines(self) -> CartQuerySet:
        """`cart.lines.all()` costs nothing more and is in order; so are the lines' products."""
        return self.prefetch_related(
            models.Prefetch("lines", CartLine.objects.order_by("position").select_related("product"))
        )


class Cart(WorkspaceOwned):
    """What somebody was about to buy. `key` is what the shop calls it; touched again, it is the same cart."""

    customer = WorkspaceForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="carts")
    key = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(default=0)
    url = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now)
    ordered_at = models.DateTimeField(null=True, editable=False)
    order = WorkspaceForeignKey(Order, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(CartQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_cart_per_key"),
            models.CheckConstraint(condition=models.Q(total_minor__gte=0), name="cart_total_is_not_negative"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-touched_at", "-id"], name="cart_newest_first"),
            models.Index(fields=["workspace", "total_minor", "id"], name="cart_by_total"),
            models.Index(fields=["workspace", "customer", "-touched_at"], name="cart_of_customer"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def status(self) -> CartStatus:
        if self.ordered_at:
            return CartStatus.ORDERED
        return CartStatus.ARCHIVED if self.archived_at else CartStatus.OPEN


class CartLine(WorkspaceOwned):
    cart = WorkspaceForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    product = WorkspaceForeignKey(Product, on_delete=models.PROTECT, null=True, related_name="cart_lines")
    position = models.PositiveSmallIntegerField(default=1)
    description = models.CharField(max_length=200)
    quantity = models.IntegerField(default=1)
    unit_price_minor = models.BigIntegerField(default=0)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "cart", "position"], name="one_cart_line_per_position"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="cart_line_has_a_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"
