from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.models import Workspace, WorkspaceManager, WorkspaceOwned
from accounts.scope import current_workspace_id
from timeline.fields import TimelineTx
from timeline.registry import EventBody, event_class


class Event(WorkspaceOwned):
    """Something that happened, to one customer or to none. Never changed; erasure blanks the payload by its own door.

    `customer_id` is no foreign key: an event keeps it for ever, and readers follow the customer's `merged_into`.
    """

    append_only = True

    # No constraint: row-level security has just compared it with the scope's workspace, and a look-up for every row,
    # which locks the workspace's, took two fifths of the time of writing a batch of events.
    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        default=current_workspace_id,
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=60)
    customer_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    tx = models.BigIntegerField(db_default=TimelineTx())
    payload = models.JSONField(default=dict)

    class Meta(WorkspaceOwned.Meta):
        indexes = [
            models.Index(fields=["workspace", "tx", "id"], name="event_in_commit_order"),
            models.Index(fields=["workspace", "customer_id", "-occurred_at", "-id"], name="event_of_customer"),
            # To whom something happened in some days, by the index alone: segments ask.
            models.Index(fields=["workspace", "kind", "occurred_at", "customer_id"], name="event_by_kind_and_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def load(self) -> EventBody:
        """The typed fact that was recorded."""
        return event_class(self.kind).from_payload(
            self.payload, customer_id=self.customer_id, occurred_at=self.occurred_at
        )


class Cursor(WorkspaceOwned):
    """How far one subscriber has read one workspace's timeline."""

    subscriber = models.CharField(max_length=120)
    tx = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "subscriber"], name="one_cursor_per_subscriber"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} at {self.tx}/{self.event_id}"


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def parked(self) -> DeadLetterQuerySet:
        return self.filter(retry_at=None, settled_at=None)

    def due(self, now: datetime) -> DeadLetterQuerySet:
        return self.filter(retry_at__lte=now, settled_at=None)


class DeadLetter(WorkspaceOwned):
    """An event that one subscriber could not take. It is tried again, then parked for a person to look at."""

    subscriber = models.CharField(max_length=120)
    # No foreign key: it would cost the busiest table one more index for the sake of the rarest rows.
    event_id = models.BigIntegerField()
    error = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=1)
    failed_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects: ClassVar = WorkspaceManager.from_queryset(DeadLetterQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "subscriber", "event_id"], name="one_dead_letter_per_event"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} could not take event {self.event_id}"
