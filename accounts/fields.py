"""Foreign keys that cannot leave their workspace."""

from __future__ import annotations

from typing import Any

from django.db import models


class WorkspaceForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # generic only in the stubs
    """A foreign key between tenant rows.

    The database constraint is `(workspace_id, this) -> (workspace_id, id)`, with its index, and is made by
    `accounts.protection.protect_tables` at the end of `migrate`; Django's own would accept another workspace's row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        kwargs.pop("db_index", None)
        return name, path, args, kwargs


class WorkspaceOneToOneField(models.OneToOneField):  # type: ignore[type-arg]  # generic only in the stubs
    """As WorkspaceForeignKey, with at most one row for each target."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs
