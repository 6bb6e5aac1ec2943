"""The only thing that may touch an event."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection


def erase_payloads(customer_ids: Sequence[int]) -> int:
    """Take all words out of what was recorded about these customers of the workspace. Returns how many events."""
    with connection.cursor() as cursor:
        cursor.execute("select timeline_erase_customer(%s)", [list(customer_ids)])
        (count,) = cursor.fetchone()
    return int(count)
