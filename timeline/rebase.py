"""After a restore into a new server, transaction numbers start low again; the origin lifts them above the past."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction


def refuse_restored_timeline() -> None:
    """Refuse to boot while new events would sort before old ones, and so be skipped by every subscriber."""
    with connection.cursor() as cursor:
        cursor.execute("select timeline_highest_tx() > timeline_current_tx()")
        (is_behind,) = cursor.fetchone()
    if is_behind:
        raise ImproperlyConfigured(
            "This database was restored from a backup: its timeline is ahead of the server."
            " Run `./run manage rebase_timeline` once, then start again (docs/operations.md, Restore)."
        )


def rebase_timeline(*, using: str) -> int:
    """Lift the origin above every recorded `tx` and every cursor. Returns the new origin. Runs as the owner."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(
            """update timeline_origin set origin = greatest(
                 origin,
                 (select coalesce(max(tx), 0) from timeline_event) + 1,
                 (select coalesce(max(tx), 0) from timeline_cursor) + 1
               ) returning origin"""
        )
        (origin,) = cursor.fetchone()
    return int(origin)
