"""All that the database holds of a workspace, as one fingerprint: equal before and after, nothing was written."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.models import Workspace
from accounts.protection import tenant_models
from accounts.scope import workspace_scope

SHARED = [
    "accounts_workspace",
    "accounts_workspacelogo",
    "accounts_membership",
    "accounts_invitation",
    "accounts_apikey",
]


def fingerprint(*workspaces: Workspace) -> dict[str, str]:
    """A hash for each table, as row-level security shows it to each workspace, and of the tables without it."""
    found = _hashes(SHARED)
    for workspace in workspaces:
        with workspace_scope(workspace):
            found |= {f"{workspace.slug}: {table}": value for table, value in _hashes(_tenant_tables()).items()}
    return found


@cache
def _tenant_tables() -> list[str]:
    return sorted(model._meta.db_table for model in tenant_models())


def _hashes(tables: list[str]) -> dict[str, str]:
    """By one statement, prepared: asked thousands of times, it would take four times as long if planned anew."""
    with connection.cursor() as cursor:
        cursor.execute(f"execute {_prepared(cursor, tables)}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


def _prepared(cursor: CursorWrapper, tables: list[str]) -> str:
    """The name of the statement in this session."""
    name = f"hashes_from_{tables[0]}"
    cursor.execute("select 1 from pg_prepared_statements where name = %s", [name])
    if not cursor.fetchone():
        columns = ", ".join(
            f"(select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t)"  # noqa: S608
            for table in tables
        )
        cursor.execute(f"prepare {name} as select {columns}")
    return name
