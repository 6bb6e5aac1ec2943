from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models import Customer


class SubscriptionTopic(WorkspaceOwned):
    """Something people can agree to hear about, and withdraw from, by itself."""

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    # Offered, but never ticked, where somebody joins.
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_topic_per_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentState(models.TextChoices):
    PENDING = "pending", "Waiting for confirmation"
    GIVEN = "given", "Given"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ConsentRecord(WorkspaceOwned):
    """What a person agreed to or took back: when, where, and under which words. The newest of a topic counts."""

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    topic = WorkspaceForeignKey(SubscriptionTopic, on_delete=models.PROTECT, related_name="consents")
    state = models.CharField(max_length=10, choices=ConsentState)
    source = models.CharField(max_length=60)
    wording = models.TextField(blank=True)
    ip = models.GenericIPAddressField(null=True)
    actor = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ConsentState.values), name="consent_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "customer", "topic", "-at", "-id"], name="consent_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.topic_id} by {self.customer_id}"


class SuppressionReason(models.TextChoices):
    BOUNCED = "bounced", "The address does not exist"
    SOFT_BOUNCES = "soft_bounces", "The address kept refusing messages"
    COMPLAINED = "complained", "The recipient marked a message as spam"
    MANUAL = "manual", "Blocked by hand"


class Suppression(WorkspaceOwned):
    """An address that is never written to again, whoever has it: by its hash, so that it outlives the customer."""

    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=20, choices=SuppressionReason)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "address_hash"], name="one_suppression_per_address"),
            models.CheckConstraint(
                condition=Q(reason__in=SuppressionReason.values), name="suppression_reason_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} since {self.at:%Y-%m-%d}"
