from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from timeline.models import Cursor, DeadLetter, Event
from timeline.registry import subscribers


def next_work_at(*, otherwise: datetime) -> datetime | None:
    """When a drain should look again: `otherwise` for events still beyond the horizon, or the next retry, or never."""
    behind = Cursor.objects.filter(subscriber__in=[each.name for each in subscribers()]).aggregate(tx=Min("tx"))["tx"]
    if behind is not None and Event.objects.filter(tx__gt=behind).exists():
        return otherwise
    retry_at: datetime | None = DeadLetter.objects.filter(settled_at=None).aggregate(at=Min("retry_at"))["at"]
    return retry_at
