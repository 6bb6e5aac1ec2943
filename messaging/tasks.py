from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from accounts.doorbells import answer, due_workspaces, last_ring, on_ring
from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task, system_task
from messaging.actions.queueing import QUEUE
from messaging.queries.outbox import next_due_at
from messaging.sending.rounds import send_due

# How long a queued round may be lost before another one is queued.
FORGET_AFTER = 30


@stepping_task()
def send_messages(workspace: Workspace) -> None:
    """One round for the workspace; with more to do, its next round stands behind those of the others."""
    cache.delete(_queued(workspace))
    seen = last_ring(QUEUE, workspace)
    done = send_due(workspace, on_more=lambda: queue_round(workspace))
    with workspace_scope(workspace):
        due_at = next_due_at()
        if due_at is not None:
            due_at = max(due_at, timezone.now() + timedelta(seconds=done.wait))
        answer(QUEUE, workspace, up_to=seen, next_due_at=due_at)


@system_task()
def find_due_messages() -> None:
    """The poll behind the hints: whatever they lost, this finds."""
    for workspace in due_workspaces(QUEUE):
        queue_round(workspace)


def queue_round(workspace: Workspace) -> None:
    """At most one round of a workspace waits at a time, however many workers are at one already."""
    if cache.add(_queued(workspace), 1, timeout=FORGET_AFTER):
        send_messages.apply_async(workspace=workspace)


def _queued(workspace: Workspace) -> str:
    return f"sending-queued:{workspace.pk}"


on_ring(QUEUE, queue_round)
