from __future__ import annotations

import secrets
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned


def upload_path(source: Import, file_name: str) -> str:
    """Under a name that nobody can guess; what the person called it is in `file_name`."""
    return f"imports/{source.workspace_id}/{secrets.token_hex(16)}.csv"


class ImportQuerySet(models.QuerySet["Import"]):
    def under_way(self) -> Self:
        """A worker has something to do for them."""
        return self.filter(state__in=[Import.State.CHECKING, Import.State.RUNNING])

    def ended(self) -> Self:
        return self.filter(ended_at__isnull=False)


class Import(WorkspaceOwned):
    """One uploaded file on its way in. What kind of rows it holds is said by an `Importer` of the contracts."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns")
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Ready to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    # Gone as soon as the import has ended: it is full of personal data.
    file = models.FileField(upload_to=upload_path, max_length=300, blank=True)
    file_name = models.CharField(max_length=255)
    file_hash = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    # An `ImportPlan`: encoding, delimiter, header, what each column holds, consent basis, defaults.
    reading = models.JSONField(default=dict)
    # What the check counted, to be told before the import starts.
    findings = models.JSONField(default=dict)
    rows_total = models.BigIntegerField(default=0)
    # Committed together with what those rows became: from here it goes on after a crash.
    rows_read = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_updated = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_refused = models.BigIntegerField(default=0)
    rows_warned = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    # Marks of those who were erased since the upload (`customers.importing.erased`); their lines are refused.
    erased = models.JSONField(default=list, db_default=[])
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    cancel_asked_at = models.DateTimeField(null=True, editable=False)
    # The worker that has it, until when it is believed to be alive, and how often one failed at the same place.
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(ImportQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "-created_at", "-id"], name="import_newest_first")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.RUNNING}

    @property
    def is_waiting(self) -> bool:
        """No worker has it, or the one that had it is gone."""
        return self.is_under_way and (self.leased_until is None or self.leased_until < timezone.now())

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None


class ImportRow(WorkspaceOwned):
    """A line that was refused, or taken with a warning: which, why, and what it said."""

    source = WorkspaceForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    line = models.BigIntegerField()
    is_refused = models.BooleanField()
    column = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500)
    raw = models.JSONField(default=list)

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "source", "line"], name="import_rows_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
