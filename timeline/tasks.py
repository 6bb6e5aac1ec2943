from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.doorbells import answer, due_workspaces, heard, on_ring
from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task, system_task
from timeline.drain import drain_workspace
from timeline.queries import next_work_at
from timeline.recording import QUEUE

LOOK_AGAIN = timedelta(seconds=1)


@stepping_task()
def drain_timeline(workspace: Workspace) -> None:
    """Bring the workspace's subscribers up to date, then take the doorbell down."""
    rings = heard(QUEUE, workspace)
    drain_workspace(workspace)
    with workspace_scope(workspace):
        next_due_at = next_work_at(otherwise=timezone.now() + LOOK_AGAIN)
        answer(QUEUE, workspace, rings=rings, next_due_at=next_due_at)


@system_task()
def find_news() -> None:
    """The poll behind the hints: whatever they lost, this finds."""
    for workspace in due_workspaces(QUEUE):
        drain_timeline.apply_async(workspace=workspace)


on_ring(QUEUE, lambda workspace: drain_timeline.apply_async(workspace=workspace))
