"""Celery tasks that know whose work they do.

A task's workspace travels in a message header. Queuing one outside a scope raises, so that no job can run nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Task, current_app, shared_task
from celery.result import AsyncResult
from kombu.exceptions import OperationalError

from accounts.models import Workspace
from accounts.scope import WorkspaceRequired, current_workspace, has_scope, workspace_scope

HEADER = "rapport_workspace"


class WorkspaceTask(Task):
    """Runs in one scope: one transaction. `apply_async` takes the workspace from the scope or from `workspace=`."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> AsyncResult[Any]:
        workspace = options.pop("workspace", None)
        headers = dict(options.pop("headers", None) or {})
        if workspace is not None:
            headers[HEADER] = workspace.pk
        elif HEADER not in headers:
            headers[HEADER] = current_workspace().pk if has_scope() else self._inherited()
        return super().apply_async(args, kwargs, headers=headers, **options)

    def _inherited(self) -> int:
        """The workspace of the task that queues this one, as in a chain's second step."""
        workspace_id = (self.request.headers or {}).get(HEADER) if self.request else None
        if workspace_id is None:
            raise WorkspaceRequired(f"{self.name} was queued outside a workspace scope.")
        return int(workspace_id)

    def _workspace(self) -> Workspace:
        return Workspace.objects.get(pk=self._inherited())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with workspace_scope(self._workspace()):
            return super().__call__(*args, **kwargs)


class SteppingTask(WorkspaceTask):
    """For work that commits in steps: gets its workspace as first argument and opens one scope per step."""

    abstract = True
    typing = False  # Celery would miss that first argument where the task is queued; we add it where it runs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(self._workspace(), *args, **kwargs)


def workspace_task(**options: Any) -> Callable[[Callable[..., None]], Any]:
    return shared_task(base=WorkspaceTask, **options)  # type: ignore[no-any-return]


def stepping_task(**options: Any) -> Callable[[Callable[..., None]], Any]:
    return shared_task(base=SteppingTask, **options)  # type: ignore[no-any-return]


def system_task(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Without a workspace: reads only what carries no row-level security, and queues scoped tasks."""
    return shared_task(**options)  # type: ignore[no-any-return]


def is_broker_away() -> bool:
    """Ask before promising somebody what only a task will do, and before writing: an answer may take a second."""
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except OperationalError:
        return True
    return False
