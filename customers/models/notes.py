from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models.customers import Customer


class Tag(WorkspaceOwned):
    name = models.CharField(max_length=60)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_tag_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerTag(WorkspaceOwned):
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="customer_tags")
    tag = WorkspaceForeignKey(Tag, on_delete=models.CASCADE, related_name="customer_tags")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "customer", "tag"], name="one_use_of_a_tag_per_customer"),
        ]
        # The key's own index, with whom to count and to walk along.
        indexes = [models.Index(fields=["workspace", "tag", "customer"], name="customer_tag_of_tag")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.customer_id}"


class Note(WorkspaceOwned):
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=10_000)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "customer", "-written_at"], name="note_newest_first")]

    def __str__(self) -> str:
        return self.text[:60]
