from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.field_names import field_name
from customers.models.customers import Customer


class Merge(WorkspaceOwned):
    """Two records found to be one person. `moved` keeps what was moved, so that it can be undone for 30 days."""

    survivor = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    absorbed = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField(default=dict)
    merged_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.survivor_id}"

    @property
    def kept_apart(self) -> list[str]:
        """What both said differently, by name."""
        return [field_name(part) for part in self.moved.get("differing", ())]


class Distinction(WorkspaceOwned):
    """Two records that look alike, and of whom somebody said that they are two people."""

    first = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "first", "second"], name="one_distinction_per_pair"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="the_older_record_is_first"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"


class PrivacyRequest(WorkspaceOwned):
    """A person's wish to have a copy of everything, or to be forgotten. Says nothing about who it was after erasure."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("Export")
        ERASURE = "erasure", _("Erasure")

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    rows = models.JSONField(default=dict)

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "-requested_at"], name="privacy_newest_first")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"
