"""The only door into customer data.

A scope is one transaction in one workspace. It sets `app.workspace` for row-level security inside that transaction, so
nothing survives on a pooled connection, and tells the managers which workspace to filter on. See ADR 0001.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from accounts.models import Workspace

SYSTEM = "system"


class WorkspaceRequired(RuntimeError):
    """Customer data was asked for outside a workspace scope."""


@dataclass(frozen=True, eq=False)
class Scope:
    """`actor` says who acts, as `user:7`, `key:3`, `customer:12` or `system`."""

    workspace: Workspace
    connection: BaseDatabaseWrapper
    actor: str
    rung: list[tuple[str, tuple[str | None, ...]]] = field(default_factory=list)


_current: ContextVar[Scope | None] = ContextVar("workspace_scope", default=None)


def current_scope() -> Scope:
    """The scope in force on this connection. Raises WorkspaceRequired outside one, also in on-commit callbacks."""
    scope = _current.get()
    connection = connections[DEFAULT_DB_ALIAS]
    if scope is None or scope.connection is not connection or not connection.in_atomic_block:
        raise WorkspaceRequired("Open a workspace_scope() before touching customer data.")
    return scope


def current_workspace() -> Workspace:
    return current_scope().workspace


def current_workspace_id() -> int:
    return current_scope().workspace.pk


def current_actor() -> str:
    return current_scope().actor


def has_scope() -> bool:
    try:
        current_scope()
    except WorkspaceRequired:
        return False
    return True


@contextmanager
def workspace_scope(workspace: Workspace, *, actor: str | None = None) -> Iterator[Workspace]:
    """Open one transaction in `workspace`. Nested, it is a savepoint, and the outer workspace returns afterwards."""
    outer = _current.get() if has_scope() else None
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic():
        _enter(connection, workspace.pk)
        token = _current.set(Scope(workspace, connection, actor or (outer.actor if outer else SYSTEM)))
        try:
            yield workspace
        finally:
            _current.reset(token)
        # A released savepoint keeps the inner setting; a rolled back one restores it by itself.
        if connection.savepoint_ids and not connection.needs_rollback:
            _enter(connection, outer.workspace.pk if outer else None)


def _enter(connection: BaseDatabaseWrapper, workspace_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.workspace', %s, true)", [str(workspace_id or "")])
