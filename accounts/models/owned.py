"""What every tenant row inherits: the first of the two tenancy locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import models

from accounts.models.workspaces import Workspace
from accounts.scope import current_workspace_id

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

Owned = TypeVar("Owned", bound="WorkspaceOwned")


class CurrentWorkspaceId(models.Expression):
    """The workspace in scope, read when the SQL is compiled: safe in class-level querysets and form choices."""

    output_field = models.BigIntegerField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[int]]:
        return "%s", (current_workspace_id(),)


class WorkspaceManager(models.Manager[Owned]):
    def get_queryset(self) -> models.QuerySet[Owned]:
        return super().get_queryset().filter(workspace_id=CurrentWorkspaceId())


class WorkspaceOwned(models.Model):
    """Base of every tenant row. `unscoped` is what Django's machinery needs; row-level security still holds it.

    `append_only` rows can be added and read by the application, never changed or deleted.
    """

    append_only = False

    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        default=current_workspace_id,
        db_index=False,
    )

    objects = WorkspaceManager()
    unscoped = models.Manager()  # noqa: DJ012  a manager too

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
