"""How long the API's answers are kept for a retry."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import IdempotencyKey

KEPT_FOR = timedelta(days=30)


@transaction.atomic
def forget_answers(*, now: datetime, limit: int) -> int:
    """Blank at most `limit` of those that are older, the oldest first. Returns how many."""
    old = IdempotencyKey.objects.exclude(body="").filter(created_at__lt=now - KEPT_FOR).order_by("created_at")
    return IdempotencyKey.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).update(body="")
