"""Which database role the application may run as."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def refuse_unsafe_role() -> None:
    """Row-level security does not hold a superuser, a BYPASSRLS role or an owner: refuse to boot as one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select current_user, rolsuper, rolbypassrls,
                      exists(select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p')
                               and c.relpersistence <> 't')  -- staging tables, another session's too
               from pg_roles r where rolname = current_user"""
        )
        name, is_superuser, bypasses, owns_tables = cursor.fetchone()
    faults = [
        fault
        for fault, present in {
            "is a superuser": is_superuser,
            "bypasses row-level security": bypasses,
            "owns tables": owns_tables,
        }.items()
        if present
    ]
    if faults:
        raise ImproperlyConfigured(
            f"DATABASE_URL signs in as {name}, which {' and '.join(faults)}: workspaces would not be kept apart."
            " Use the role crm_app (docs/operations.md, Roles)."
        )
