from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned


class TemplateQuerySet(models.QuerySet["Template"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)


class Template(WorkspaceOwned):
    """A text to send, under one name. What it says is in its versions; the newest counts.

    `key` names those that the product itself sends (`birthday`, `confirmation`); a workspace's own have none.
    """

    key = models.CharField(max_length=60, blank=True, editable=False)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(TemplateQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "key"], condition=~models.Q(key=""), name="one_template_per_key"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "name", "id"], name="template_by_name")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(WorkspaceOwned):
    """What a template said from one edit to the next. Never changed, so a message can always be read as it was sent.

    `subject`, `body` and `text` are what a person wrote; `html` is the body in the workspace's layout, styles inlined,
    ready for the renderer. `layout_hash` tells which layout and brand that was.
    """

    append_only = True

    template = WorkspaceForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    text = models.TextField()
    html = models.TextField()
    layout_hash = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "template", "number"], name="one_template_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
