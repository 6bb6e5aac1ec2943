from __future__ import annotations

from django.db.models import QuerySet

from messaging.models import Reply


def replies_for_list() -> QuerySet[Reply]:
    return Reply.objects.select_related("customer", "message__template_version__template")


def replies_to(message_id: int) -> QuerySet[Reply]:
    return Reply.objects.filter(message=message_id).order_by("received_at", "pk")
