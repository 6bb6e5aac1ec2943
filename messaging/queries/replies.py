from __future__ import annotations

from django.db.models import QuerySet

from messaging.models import Reply


def replies_for_list() -> QuerySet[Reply]:
    return Reply.objects.select_related("customer", "message__template_version__template")
