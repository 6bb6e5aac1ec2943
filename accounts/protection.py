"""The second tenancy lock, put on every tenant table at the end of `migrate`.

One idempotent function reads the catalogue and makes up what is missing, so that no table can be forgotten: row-level
security with its two policies, composite `(workspace_id, …)` foreign keys with their indexes, no key that these make
superfluous, and the grants.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

from accounts.fields import WorkspaceForeignKey, WorkspaceOneToOneField
from accounts.models import Workspace, WorkspaceOwned

APP_ROLE, OWNER_ROLE, OPS_ROLE = "crm_app", "crm_owner", "crm_ops"

# No sub-select around it: that would hide the workspace from the planner. `nullif`: after SET LOCAL ends it is ''.
IN_WORKSPACE = "workspace_id = nullif(current_setting('app.workspace', true), '')::bigint"

# What the application may only read: Django's own records of what the owner did.
READ_ONLY_TABLES = frozenset({"django_migrations", "django_content_type", "timeline_origin"})


def tenant_models() -> list[type[WorkspaceOwned]]:
    return [model for model in apps.get_models() if issubclass(model, WorkspaceOwned) and model._meta.managed]


def workspace_keys(model: type[models.Model]) -> Iterator[models.ForeignKey]:  # type: ignore[type-arg]
    for field in model._meta.local_fields:
        if isinstance(field, WorkspaceForeignKey | WorkspaceOneToOneField):
            yield field


def protect_tables(*, using: str) -> list[str]:
    """Bring every table to its protected state. Returns the statements that it had to run: none the second time."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
        models_here = [model for model in tenant_models() if model._meta.db_table in tables]
        keys = [
            (model, field)
            for model in models_here
            for field in workspace_keys(model)
            if field.column in _columns(cursor, model._meta.db_table)
        ]
        statements = [statement for model in models_here for statement in _policies(cursor, model)]
        statements += [statement for model, field in keys for statement in _key_index(cursor, model, field)]
        statements += [statement for model in models_here for statement in _parent_keys(cursor, model)]
        statements += [statement for model, field in keys for statement in _composite_key(cursor, model, field)]
        proven = {model for model, field in keys if not field.null}
        statements += [
            statement for model in models_here for statement in _workspace_key(cursor, model, is_proven=model in proven)
        ]
        statements += list(_grants(cursor, tables))
        for statement in statements:
            cursor.execute(statement)
    return statements


def _policies(cursor: CursorWrapper, model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    cursor.execute("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", [table])
    if cursor.fetchone() != (True, True):
        yield f"alter table {table} enable row level security"
        yield f"alter table {table} force row level security"
    # Postgres rewrites a policy's expression, so the text we compare is the one kept in its comment.
    cursor.execute(
        "select polname, obj_description(oid, 'pg_policy') from pg_policy where polrelid = %s::regclass", [table]
    )
    present = dict(cursor.fetchall())
    wanted = {"workspace": ("public", IN_WORKSPACE), "owner": (OWNER_ROLE, "true")}
    for name, (role, expression) in wanted.items():
        if present.get(name) == expression:
            continue
        if name in present:
            yield f"drop policy {name} on {table}"
        yield f"create policy {name} on {table} to {role} using ({expression}) with check ({expression})"
        yield f"comment on policy {name} on {table} is '{expression.replace(chr(39), chr(39) * 2)}'"


def _parent_keys(cursor: CursorWrapper, model: type[models.Model]) -> Iterator[str]:
    """`(workspace_id, id)` unique, for the composite keys that point here.

    After every other index: of two that look equally good the planner takes the newest, and on a table that was never
    analysed any index that begins with the workspace looks as good as this one. Each check of a key then read the whole
    workspace: 5,000 imported customers took 16 s to commit, and now take half a second.
    """
    table = model._meta.db_table
    is_parent = any(field.remote_field.model is model for child in tenant_models() for field in workspace_keys(child))
    name = f"{table}_workspace_key"
    if is_parent and name not in _constraints(cursor, table):
        primary_key = model._meta.pk.column if model._meta.pk else "id"
        yield f"alter table {table} add constraint {name} unique (workspace_id, {primary_key})"


def _composite_key(cursor: CursorWrapper, model: type[models.Model], field: models.ForeignKey) -> Iterator[str]:  # type: ignore[type-arg]
    table, name = model._meta.db_table, f"{model._meta.db_table}_{field.column}_ws"
    parent = field.remote_field.model
    if name not in _constraints(cursor, table):
        yield (
            f"alter table {table} add constraint {name} foreign key (workspace_id, {field.column})"
            f" references {parent._meta.db_table} (workspace_id, {parent._meta.pk.column})"
            " deferrable initially deferred"
        )


def _workspace_key(cursor: CursorWrapper, model: type[WorkspaceOwned], *, is_proven: bool) -> Iterator[str]:
    """The key to the workspace itself, only where no other key proves already that the workspace exists (ADR 0010)."""
    table = model._meta.db_table
    has_constraint = model._meta.get_field("workspace").db_constraint  # type: ignore[attr-defined]  # no stub of it
    cursor.execute(
        "select conname from pg_constraint"
        " where conrelid = %s::regclass and confrelid = %s::regclass and contype = 'f'",
        [table, Workspace._meta.db_table],
    )
    present = [name for (name,) in cursor.fetchall()]
    if has_constraint and not is_proven and not present:
        yield (
            f"alter table {table} add constraint {table}_workspace_id_fk foreign key (workspace_id)"
            f" references {Workspace._meta.db_table} (id) deferrable initially deferred"
        )
    if is_proven:
        yield from (f"alter table {table} drop constraint {name}" for name in present)


def _key_index(cursor: CursorWrapper, model: type[models.Model], field: models.ForeignKey) -> Iterator[str]:  # type: ignore[type-arg]
    """An index that begins with the key, unless the model already has one."""
    table = model._meta.db_table
    cursor.execute(
        """select array_agg(a.attname order by k.position)
           from pg_index i, unnest(i.indkey) with ordinality as k(attnum, position), pg_attribute a
           where i.indrelid = %s::regclass and a.attrelid = i.indrelid and a.attnum = k.attnum and i.indpred is null
           group by i.indexrelid""",
        [table],
    )
    leading = [columns[:2] for (columns,) in cursor.fetchall()]
    if ["workspace_id", field.column] not in leading:
        yield f"create index {table}_{field.column}_ws_idx on {table} (workspace_id, {field.column})"


def _grants(cursor: CursorWrapper, tables: set[str]) -> Iterator[str]:
    """Table by table and last, so that a table which this function never reached stays closed."""
    append_only = {model._meta.db_table for model in tenant_models() if model.append_only}
    for table in sorted(tables):
        if table in READ_ONLY_TABLES:
            wanted = ["SELECT"]
        elif table in append_only:
            wanted = ["SELECT", "INSERT"]
        else:
            wanted = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        yield from _table_grants(cursor, table, APP_ROLE, wanted)
        yield from _table_grants(cursor, table, OPS_ROLE, ["SELECT"])
    cursor.execute(
        "select sequencename from pg_sequences where schemaname = 'public'"
        " and not has_sequence_privilege(%s, format('public.%%I', sequencename), 'USAGE')",
        [APP_ROLE],
    )
    for (sequence,) in cursor.fetchall():
        yield f"grant usage on sequence {sequence} to {APP_ROLE}"
        yield f"grant select on sequence {sequence} to {OPS_ROLE}"


def _table_grants(cursor: CursorWrapper, table: str, role: str, wanted: list[str]) -> Iterator[str]:
    cursor.execute(
        "select privilege_type from information_schema.role_table_grants where table_name = %s and grantee = %s",
        [table, role],
    )
    present = {privilege for (privilege,) in cursor.fetchall()}
    if present != set(wanted):
        yield f"revoke all on table {table} from {role}"
        yield f"grant {', '.join(wanted)} on table {table} to {role}"


def _constraints(cursor: CursorWrapper, table: str) -> set[str]:
    cursor.execute("select conname from pg_constraint where conrelid = %s::regclass", [table])
    return {name for (name,) in cursor.fetchall()}


def _columns(cursor: CursorWrapper, table: str) -> set[str]:
    cursor.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped", [table]
    )
    return {name for (name,) in cursor.fetchall()}
