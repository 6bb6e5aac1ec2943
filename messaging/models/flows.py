from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Customer


class FlowState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ON = "on", _("On")
    OFF = "off", _("Off")


class FlowQuerySet(models.QuerySet["Flow"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def on(self) -> Self:
        return self.filter(state=FlowState.ON, archived_at=None)


class Flow(WorkspaceOwned):
    """What happens to customers by itself, after something happened to them. What exactly is in its versions.

    A back-fill that goes on has `backfill_after`, the last customer it looked at, and how many it brought in.
    """

    name = models.CharField(max_length=120)
    # The preset that it was made from; blank if none.
    preset = models.CharField(max_length=40, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=FlowState, default=FlowState.DRAFT)
    current = WorkspaceForeignKey("messaging.FlowVersion", on_delete=models.PROTECT, null=True, related_name="+")
    switched_on_at = models.DateTimeField(null=True, editable=False)
    backfill_after = models.BigIntegerField(null=True, editable=False)
    backfill_days = models.PositiveSmallIntegerField(default=0, editable=False)
    backfilled = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(FlowQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=Q(archived_at=None), name="one_flow_per_name"
            ),
            models.CheckConstraint(condition=Q(state__in=FlowState.values), name="flow_state_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        return self.state == FlowState.ON and self.archived_at is None


class FlowVersion(WorkspaceOwned):
    """What a flow did from one edit to the next. Never changed: whoever entered under it goes through it to the end.

    `definition` is the JSON form of messaging.flows.definitions.
    """

    append_only = True

    flow = WorkspaceForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "flow", "number"], name="one_flow_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class EnrolmentState(models.TextChoices):
    """Stuck: a step failed again and again; somebody has to look. Held out: enrolled to be compared with, no more."""

    WAITING = "waiting", _("On the way")
    DONE = "done", _("Finished")
    EXITED = "exited", _("Left early")
    STUCK = "stuck", _("Stuck")
    HELD_OUT = "held_out", _("Held out")


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def waiting(self) -> Self:
        return self.filter(state=EnrolmentState.WAITING)


class Enrolment(WorkspaceOwned):
    """One customer's way through one version of a flow.

    `entry_key` says what may happen once: blank, a thing (`cart:7`), a year. `subject` is the thing alone. `step` is
    where it stands since `arrived_at`; `awaits` the kind of event that it waits for until `due_at`. `trail` has what
    happened at each step, as `[step, instant, outcome]`.
    """

    flow = WorkspaceForeignKey(Flow, on_delete=models.CASCADE, related_name="enrolments")
    version = WorkspaceForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="enrolments")
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="enrolments")
    entry_key = models.CharField(max_length=160, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.WAITING)
    step = models.CharField(max_length=40, blank=True)
    arrived_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True)
    awaits = models.CharField(max_length=60, blank=True)
    has_happened = models.BooleanField(default=False)
    # Ids only: of the cart, the order, the event that began it.
    context: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    trail: models.JSONField[list[list[str]]] = models.JSONField(default=list)
    # Why it ended, as a code of messaging.flows.endings.
    reason = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    entered_at = models.DateTimeField(default=timezone.now)
    # When it was written down; what began it may have happened long before.
    enrolled_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)
    reached_goal_at = models.DateTimeField(null=True)

    objects: ClassVar = WorkspaceManager.from_queryset(EnrolmentQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "flow", "customer", "entry_key"], name="one_enrolment_per_entry_key"
            ),
            models.UniqueConstraint(
                fields=["workspace", "flow", "customer", "subject"],
                condition=Q(state="waiting"),
                name="one_running_enrolment_per_subject",
            ),
            models.CheckConstraint(condition=Q(state__in=EnrolmentState.values), name="enrolment_state_is_known"),
            models.CheckConstraint(
                condition=(Q(state="waiting", due_at__isnull=False, ended_at=None) & ~Q(step=""))
                | (~Q(state="waiting") & Q(due_at=None)),
                name="enrolment_is_due_while_on_the_way",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("done", "exited")) | Q(ended_at__isnull=False) & ~Q(reason=""),
                name="enrolment_that_ended_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "due_at", "id"], condition=Q(state="waiting"), name="enrolment_due"),
            models.Index(
                fields=["workspace", "version", "step"], condition=Q(state="waiting"), name="enrolment_at_step"
            ),
            models.Index(fields=["workspace", "flow", "-id"], name="enrolment_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.flow_id}"

    @property
    def is_on_the_way(self) -> bool:
        return self.state == EnrolmentState.WAITING


class FlowEntrance(WorkspaceOwned):
    """When somebody last entered a flow that has a cool-down: claimed by one upsert, so that no two pass at once."""

    flow = WorkspaceForeignKey(Flow, on_delete=models.CASCADE, related_name="entrances")
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="flow_entrances")
    entered_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "flow", "customer"], name="one_entrance_per_flow_and_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} into {self.flow_id}"


class FlowSweep(WorkspaceOwned):
    """That a flow with a date was looked through on a day in a zone; `after_id` is how far, until it is finished."""

    flow = WorkspaceForeignKey(Flow, on_delete=models.CASCADE, related_name="sweeps")
    zone = models.CharField(max_length=64, blank=True)
    day = models.DateField()
    after_id = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "flow", "zone", "day"], name="one_sweep_per_zone_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} in {self.zone} on {self.day}"
