"""Cursor pages: `{data, has_more, next_cursor}`, the newest first, keyset on the id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from rest_framework import serializers

from accounts.public_ids import decode_id, encode_id
from accounts.rest.serializers import QuerySerializer

Row = TypeVar("Row", bound=models.Model)

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_PREFIX = "pos"


class CursorField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Any:
        pk = decode_id(_PREFIX, str(data))
        if pk is None:
            raise serializers.ValidationError("Send a `next_cursor` as it was answered.", "invalid_value")
        return pk


class ListQuery(QuerySerializer):
    """What every list takes; lists add their filters."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="How many of them."
    )
    cursor = CursorField(required=False, help_text="The `next_cursor` of the page before.")


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def take_page(rows: models.QuerySet[Row], *, limit: int, after: int | None) -> Page[Row]:
    """One page and whether there is more, by one query."""
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    return Page(shown, encode_id(_PREFIX, shown[-1].pk) if len(found) > limit else None)
