from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned


class Import(WorkspaceOwned):
    """One uploaded file on its way in. What kind of rows it holds is said by an `Importer` of the contracts."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Waiting for its columns"
        READY = "ready", "Ready to start"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=300)
    file_name = models.CharField(max_length=255)
    file_hash = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    # How the file is to be read: encoding, delimiter, header, column -> field, consent basis, defaults.
    reading = models.JSONField(default=dict)
    rows_total = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_updated = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_refused = models.BigIntegerField(default=0)
    rows_warned = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    cancel_asked_at = models.DateTimeField(null=True, editable=False)

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "-created_at", "-id"], name="import_newest_first")]

    def __str__(self) -> str:
        return self.file_name


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
