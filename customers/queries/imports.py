from __future__ import annotations

from datetime import datetime

from django.db.models import Min
from django.utils import timezone

from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR
from customers.models import Import


def next_import_work_at() -> datetime | None:
    """When a worker should look again: now for what waits, at its end for what another has, later for what is kept."""
    now = timezone.now()
    waiting = [
        leased_until or now for leased_until in Import.objects.under_way().values_list("leased_until", flat=True)
    ]
    unstarted = Import.objects.filter(ended_at=None, started_at=None).aggregate(at=Min("created_at"))["at"]
    kept = Import.objects.filter(rows__isnull=False).aggregate(at=Min("ended_at"))["at"]
    later = [unstarted + UNSTARTED_FOR] if unstarted else []
    later += [kept + KEPT_ROWS_FOR] if kept else []
    return min(waiting + later, default=None)
