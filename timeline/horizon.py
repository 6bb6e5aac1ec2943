"""How far the timeline can be read without missing a transaction that commits late."""

from __future__ import annotations

from django.db import connection


def horizon() -> int:
    """Every event with a smaller `tx` is visible now or never: its transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select origin + pg_snapshot_xmin(pg_current_snapshot())::text::bigint from timeline_origin"
        )
        (value,) = cursor.fetchone()
    return int(value)
