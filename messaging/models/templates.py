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

    `subject`, `preheader` and `body` are what a person wrote, the body by hand or (`blocks`) in the editor, and
    `own_text` what they want said in plain text instead of what is made of the body. `html` and `text` are ready for
    the renderer: in the workspace's layout, styles inlined. `layout_hash` tells which layout and brand that was.
    """

    append_only = True

    template = WorkspaceForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    preheader = models.CharField(max_length=300, default="", db_default="")
    body = models.TextField()
    # The editor's blocks, of which the body was made; none of a body written by hand.
    blocks = models.JSONField(null=True)
    own_text = models.TextField(default="", db_default="")
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


class LinkSet(WorkspaceOwned):
    """Where the links lead that all messages of one template version have in common, as they were when these left.

    `urls` by the link's number in the message. Another campaign's `utm_campaign` makes another set.
    """

    append_only = True

    template_version = WorkspaceForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="link_sets")
    digest = models.CharField(max_length=64)
    urls = models.JSONField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "template_version", "digest"], name="one_link_set_per_digest"),
        ]

    def __str__(self) -> str:
        return f"{len(self.urls)} links"
