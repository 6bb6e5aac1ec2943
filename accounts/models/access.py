"""Keys, tokens, rings and the audit trail."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.owned import WorkspaceOwned
from accounts.models.workspaces import Workspace


class ApiKey(models.Model):
    """Shown once; kept as its prefix, to be recognised by, and its hash, to be checked against."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class PublicToken(models.Model):
    """What a link in a message or on a public page proves: at least 128 random bits, hashed, for one purpose."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "token_hash"], name="one_meaning_per_token"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="token_expiring")]

    def __str__(self) -> str:
        return f"{self.purpose} token {self.pk}"


class Doorbell(models.Model):
    # No constraint: everything that happens rings, and each ring would look up the workspace and lock its row.
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    queue = models.CharField(max_length=40)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["queue", "due_at"], name="doorbell_due")]

    def __str__(self) -> str:
        return f"{self.queue} of {self.workspace_id}"


class AuditEntry(WorkspaceOwned):
    """Who changed what in the workspace itself: members, keys, settings. Customers' history is the timeline."""

    append_only = True

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=40)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "-at", "-id"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class IdempotencyKey(WorkspaceOwned):
    """The first answer to a POST, kept with its effect, so that a retry gets the answer and not the effect.

    `key` is the hash of what the caller sent, who may have put anybody's name into it. The row stays for ever, so that
    the effect stays the only one; its `body` is blanked after a while, or once a person is erased whom it names.
    """

    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_effect_per_idempotency_key"),
        ]
        indexes = [models.Index(fields=["workspace", "created_at"], condition=~Q(body=""), name="answer_kept")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
