from __future__ import annotations

from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task, system_task
from sales.actions import forget_visitors

VISITORS_AT_ONCE = 20


@stepping_task()
def forget_unnamed_visitors(workspace: Workspace) -> None:
    """In steps that each commit: an erasure takes a while."""
    forgotten = VISITORS_AT_ONCE
    while forgotten == VISITORS_AT_ONCE:
        with workspace_scope(workspace):
            forgotten = forget_visitors(now=timezone.now(), limit=VISITORS_AT_ONCE)


@system_task()
def find_unnamed_visitors() -> None:
    for workspace in Workspace.objects.order_by("pk"):
        forget_unnamed_visitors.apply_async(workspace=workspace)
