from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Customer
from sales.models.products import Product


class OrderStatus(models.TextChoices):
    """The one thing most worth knowing of an order."""

    UNPAID = "unpaid", _("Waiting for payment")
    PAID = "paid", _("Paid")
    FULFILLED = "fulfilled", _("Fulfilled")
    REFUNDED = "refunded", _("Refunded")
    CANCELLED = "cancelled", _("Cancelled")
    ARCHIVED = "archived", _("Archived")


class OrderQuerySet(models.QuerySet["Order"]):
    def counted(self) -> OrderQuerySet:
        """Those that make revenue and history: not cancelled, not archived."""
        return self.filter(cancelled_at=None, archived_at=None)

    def having(self, status: str) -> OrderQuerySet:
        """Those whose `status` this is."""
        counted = self.counted()
        unrefunded = counted.exclude(refunded_minor__gt=0, refunded_minor=models.F("total_minor"))
        return {
            OrderStatus.UNPAID: unrefunded.filter(paid_at=None, fulfilled_at=None),
            OrderStatus.PAID: unrefunded.filter(paid_at__isnull=False, fulfilled_at=None),
            OrderStatus.FULFILLED: unrefunded.filter(fulfilled_at__isnull=False),
            OrderStatus.REFUNDED: counted.filter(refunded_minor__gt=0, refunded_minor=models.F("total_minor")),
            OrderStatus.CANCELLED: self.filter(cancelled_at__isnull=False, archived_at=None),
            OrderStatus.ARCHIVED: self.filter(archived_at__isnull=False),
        }[OrderStatus(status)]

    def with_lines(self) -> OrderQuerySet:
        """`order.lines.all()` costs nothing more and is in order; so are the lines' products."""
        return self.prefetch_related(
            models.Prefetch("lines", OrderLine.objects.order_by("position").select_related("product"))
        )

    def with_refunds(self) -> OrderQuerySet:
        return self.prefetch_related(models.Prefetch("refunds", Refund.objects.order_by("refunded_at", "pk")))


class Order(WorkspaceOwned):
    """A purchase. Its own currency and the rate used are kept; `value_minor` is what it is worth in the workspace's.

    `placed_on` is the day in the workspace's zone, stored because days are what cohorts and reports count by.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="orders")
    # Where the order comes from and what it is called there: the key under which it is imported once.
    source = models.CharField(max_length=60, default="manual")
    number = models.CharField(max_length=120)
    channel = models.CharField(max_length=60, blank=True)
    placed_at = models.DateTimeField()
    placed_on = models.DateField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    # Millionths of the workspace's currency for one unit of the order's: 1_000_000 when they are the same.
    rate_micros = models.BigIntegerField(default=1_000_000)
    value_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    refunded_value_minor = models.BigIntegerField(default=0)
    units = models.IntegerField(default=0)
    paid_at = models.DateTimeField(null=True, editable=False)
    fulfilled_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(OrderQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "number"], name="one_order_per_number"),
            models.CheckConstraint(
                condition=models.Q(total_minor__gte=0, discount_minor__gte=0, refunded_minor__gte=0),
                name="order_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__lte=models.F("total_minor")), name="refunds_within_the_total"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-placed_at", "-id"], name="order_newest_first"),
            models.Index(fields=["workspace", "value_minor", "id"], name="order_by_value"),
            models.Index(fields=["workspace", "number", "id"], name="order_by_number"),
            models.Index(fields=["workspace", "channel", "-placed_at", "-id"], name="order_of_channel"),
            models.Index(fields=["workspace", "placed_on"], name="order_by_day"),
            models.Index(fields=["workspace", "customer", "placed_on"], name="order_of_customer"),
            # Few are cancelled, refunded or put away; a list of them must not read all the others.
            models.Index(
                fields=["workspace", "-placed_at", "-id"],
                condition=models.Q(cancelled_at__isnull=False),
                name="order_if_cancelled",
            ),
            models.Index(
                fields=["workspace", "-placed_at", "-id"],
                condition=models.Q(refunded_minor__gt=0),
                name="order_if_refunded",
            ),
            models.Index(
                fields=["workspace", "-placed_at", "-id"],
                condition=models.Q(archived_at__isnull=False),
                name="order_if_archived",
            ),
            # What waits for somebody: money, or a parcel.
            models.Index(
                fields=["workspace", "-placed_at", "-id"],
                condition=models.Q(paid_at=None, fulfilled_at=None),
                name="order_if_unpaid",
            ),
            models.Index(
                fields=["workspace", "-placed_at", "-id"],
                condition=models.Q(fulfilled_at=None),
                name="order_if_unfulfilled",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status(self) -> OrderStatus:
        if self.archived_at:
            return OrderStatus.ARCHIVED
        if self.cancelled_at:
            return OrderStatus.CANCELLED
        if self.refunded_minor and not self.refundable_minor:
            return OrderStatus.REFUNDED
        if self.fulfilled_at:
            return OrderStatus.FULFILLED
        return OrderStatus.PAID if self.paid_at else OrderStatus.UNPAID

    @property
    def is_open(self) -> bool:
        """Whether it can be changed."""
        return self.archived_at is None and self.cancelled_at is None

    @property
    def net_value_minor(self) -> int:
        """In the workspace's currency, after refunds."""
        return self.value_minor - self.refunded_value_minor

    @property
    def refundable_minor(self) -> int:
        """In the order's currency."""
        return self.total_minor - self.refunded_minor


class OrderLine(WorkspaceOwned):
    order = WorkspaceForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = WorkspaceForeignKey(Product, on_delete=models.PROTECT, null=True, related_name="order_lines")
    position = models.PositiveSmallIntegerField(default=1)
    description = models.CharField(max_length=200)
    quantity = models.IntegerField(default=1)
    unit_price_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "order", "position"], name="one_order_line_per_position"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="order_line_has_a_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"


class Refund(WorkspaceOwned):
    order = WorkspaceForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    # What makes a repeated request harmless; empty for a refund made by hand.
    key = models.CharField(max_length=120, blank=True)
    amount_minor = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    refunded_at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "order", "key"], condition=~models.Q(key=""), name="one_refund_per_key"
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of order {self.order_id}"
