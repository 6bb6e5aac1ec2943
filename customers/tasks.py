from __future__ import annotations

from typing import Any

from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task
from customers import actions
from customers.models import Tag
from customers.queries import CustomerFilter


@stepping_task()
def tag_matching(workspace: Workspace, tag_id: int, wanted: dict[str, Any], actor: str) -> None:
    with workspace_scope(workspace):
        tag = Tag.objects.get(pk=tag_id)
    actions.tag_matching_customers(workspace, CustomerFilter.from_plain(wanted), tag=tag, actor=actor)
