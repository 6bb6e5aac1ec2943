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


def dead_letters_page(*, before: int | None, size: int) -> list[tuple[DeadLetter, Event]]:
    """What could not be delivered and was not settled since, newest first, each with its event: two queries."""
    letters = DeadLetter.objects.filter(settled_at=None).order_by("-pk")
    page = list((letters.filter(pk__lt=before) if before else letters)[:size])
    events = Event.objects.in_bulk([letter.event_id for letter in page])
    return [(letter, events[letter.event_id]) for letter in page]
