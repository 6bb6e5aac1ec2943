"""Where a keyset page begins."""

from __future__ import annotations

from django.db.models import BigIntegerField
from django.http import HttpRequest


def id_cursor(request: HttpRequest) -> int | None:
    """The id that the page begins below; a cursor that nobody gave out begins at the newest."""
    cursor = request.GET.get("cursor", "")
    return int(cursor) if cursor.isdecimal() and int(cursor) <= BigIntegerField.MAX_BIGINT else None
