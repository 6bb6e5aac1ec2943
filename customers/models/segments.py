from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models.customers import Customer


class SegmentKind(models.TextChoices):
    RULE = "rule", _("By rule")
    STATIC = "static", _("By hand")


class SegmentQuerySet(models.QuerySet["Segment"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def ruled(self) -> Self:
        return self.filter(kind=SegmentKind.RULE)

    def by_hand(self) -> Self:
        return self.filter(kind=SegmentKind.STATIC)


class Segment(WorkspaceOwned):
    """Customers who have something in common: whom a rule means, or whom somebody put on a list.

    `members_count` is kept with the memberships. `checked_on` is the day, in the workspace's zone, for which they hold;
    `build_from` the last customer that an unfinished build has looked at, None once it is finished.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=SegmentKind, default=SegmentKind.RULE)
    # The JSON form of customers.segments.definitions; empty for a list by hand.
    definition = models.JSONField(default=dict)
    # Why its rule can't be asked any more, as a sentence; its members stay as they were.
    fault = models.CharField(max_length=500, blank=True)
    members_count = models.IntegerField(default=0)
    build_from = models.BigIntegerField(null=True, default=0)
    checked_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(SegmentQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=models.Q(archived_at=None), name="one_segment_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_building(self) -> bool:
        return self.build_from is not None


class SegmentMembership(WorkspaceOwned):
    segment = WorkspaceForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships")
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="segment_memberships")
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "customer"], name="one_membership_per_segment_and_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
