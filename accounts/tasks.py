from __future__ import annotations

from django.utils import timezone

from accounts.answers import forget_answers
from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.tokens import forget_expired_tokens
from accounts.workspace_tasks import stepping_task, system_task

STEP = 10_000


@system_task()
def forget_tokens() -> None:
    """In steps that each commit."""
    while forget_expired_tokens(limit=STEP) == STEP:
        pass


@stepping_task()
def forget_old_answers(workspace: Workspace) -> None:
    """In steps that each commit."""
    forgotten = STEP
    while forgotten == STEP:
        with workspace_scope(workspace):
            forgotten = forget_answers(now=timezone.now(), limit=STEP)


@system_task()
def find_old_answers() -> None:
    for workspace in Workspace.objects.order_by("pk"):
        forget_old_answers.apply_async(workspace=workspace)
