from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from sales.refusals import DateRefused

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
# Shops' clocks differ, and a day that has begun in Auckland is still to come in London.
CLOCKS_DIFFER = timedelta(days=1)


def refuse_instant(at: datetime, *, field: str, label: str) -> None:
    """Raises DateRefused for what can't have happened yet, or was before any shop kept such records."""
    if not EARLIEST <= at <= timezone.now() + CLOCKS_DIFFER:
        raise DateRefused(f"The {label} must lie between 1900 and now.", field=field)
