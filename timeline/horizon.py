"""How far the timeline can be read without missing a transaction that commits late."""

from __future__ import annotations

from django.db import connection

Position = tuple[int, int]
"""A transaction and an event id: the order in which a timeline is read."""


def horizon() -> Position:
    """Every event up to here is visible now or never: its transaction has ended. No event stands here itself."""
    with connection.cursor() as cursor:
        cursor.execute("select origin + pg_snapshot_xmin(pg_current_snapshot())::text::bigint from timeline_origin")
        (value,) = cursor.fetchone()
    return int(value), 0
