from __future__ import annotations

from django.db.models import Q

_LAST = "\U0010ffff"


def begins_with(column: str, text: str) -> Q:
    """As `LIKE 'text%'`, by a range: under row-level security only that keeps its index."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + _LAST})
