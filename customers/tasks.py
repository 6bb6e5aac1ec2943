from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.doorbells import answer, due_workspaces, heard, on_ring
from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task, system_task
from customers.actions import remove_tag, tag_matching_customers
from customers.actions.imports import QUEUE, forget_imports
from customers.actions.lists import OFF, list_matching_customers, unlist_matching_customers
from customers.actions.segments import keep_segments
from customers.importing.running import run_due_imports
from customers.models import Tag
from customers.queries import CustomerFilter
from customers.queries.imports import next_import_work_at
from customers.segments.history import midnight_of
from customers.segments.membership import QUEUE as SEGMENTS


@stepping_task()
def run_imports(workspace: Workspace) -> None:
    """Carry on with the imports of the workspace, for one turn; what is left rings again."""
    rings = heard(QUEUE, workspace)
    run_due_imports(workspace)
    with workspace_scope(workspace):
        forget_imports(now=timezone.now())
        answer(QUEUE, workspace, rings=rings, next_due_at=next_import_work_at())


@system_task()
def find_imports() -> None:
    """The poll behind the hints: finds imports whose worker died, too."""
    for workspace in due_workspaces(QUEUE):
        run_imports.apply_async(workspace=workspace)


@stepping_task()
def tag_matching(workspace: Workspace, tag_id: int, wanted: dict[str, Any], actor: str) -> None:
    with workspace_scope(workspace):
        tag = Tag.objects.get(pk=tag_id)
    tag_matching_customers(workspace, CustomerFilter.from_plain(wanted), tag=tag, actor=actor)


@stepping_task()
def list_matching(workspace: Workspace, segment_id: int, wanted: dict[str, Any], way: str, actor: str) -> None:
    change = unlist_matching_customers if way == OFF else list_matching_customers
    change(workspace, CustomerFilter.from_plain(wanted), segment_id=segment_id, actor=actor)


@stepping_task()
def remove_used_tag(workspace: Workspace, tag_id: int, actor: str) -> None:
    """A transaction per step, so that no subscriber waits for the whole."""
    is_gone = False
    while not is_gone:
        with workspace_scope(workspace, actor=actor):
            tag = Tag.objects.filter(pk=tag_id).first()
            is_gone = tag is None or remove_tag(tag)


@stepping_task()
def keep_segments_current(workspace: Workspace) -> None:
    """Build what is new, and at midnight look at whom the new day turns; then ring for the next midnight."""
    rings = heard(SEGMENTS, workspace)
    keep_segments(workspace)
    with workspace_scope(workspace):
        tomorrow = timezone.localdate(timezone=workspace.tzinfo) + timedelta(days=1)
        answer(SEGMENTS, workspace, rings=rings, next_due_at=midnight_of(tomorrow))


@system_task()
def find_segments() -> None:
    """The poll behind the hints, and what makes midnight heard."""
    for workspace in due_workspaces(SEGMENTS):
        keep_segments_current.apply_async(workspace=workspace)


on_ring(SEGMENTS, lambda workspace: keep_segments_current.apply_async(workspace=workspace))
on_ring(QUEUE, lambda workspace: run_imports.apply_async(workspace=workspace))
