"""How workers learn which workspace has work, without looking into any workspace.

A doorbell is rung in the transaction that made the work, so none is ever lost; the broker only carries a hint that
somebody rang. Rings are rows of their own and never wait for one another.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Doorbell, Workspace
from accounts.scope import current_scope, current_workspace_id

log = logging.getLogger(__name__)

HINT_EVERY_SECONDS = 1
_hints: dict[str, Callable[[Workspace], object]] = {}
# What this process need not ask the cache again, which would take longer than the ring itself.
_hinted_until: dict[str, float] = {}


def on_ring(queue: str, hint: Callable[[Workspace], object]) -> None:
    """`hint` is called, at most once a second, after a transaction that rang for `queue` committed."""
    _hints[queue] = hint


def ring(queue: str, *, due_at: datetime | None = None) -> None:
    """Tell the workers of `queue` that this workspace has work, at `due_at` or now."""
    if due_at is None and _already_rung(queue):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into accounts_doorbell (workspace_id, queue, due_at) values (%s, %s, %s)",
            [current_workspace_id(), queue, due_at or timezone.now()],
        )
    if due_at is None:
        announce(queue)


def announce(queue: str) -> None:
    """Hint at a ring once it is committed. `ring` does so by itself; a statement which inserted its own ring can't."""
    scope = current_scope()
    scope.rung.append((queue, tuple(scope.connection.savepoint_ids)))
    transaction.on_commit(partial(_hint, queue, scope.workspace))


def due_workspaces(queue: str, *, limit: int = 1000) -> list[Workspace]:
    """Workspaces with work that is due, the longest waiting first."""
    return list(
        Workspace.objects.raw(
            """select w.* from accounts_workspace w join (
                 select workspace_id, min(due_at) as due_at from accounts_doorbell
                 where queue = %s and due_at <= now() group by workspace_id order by 2 limit %s
               ) d on d.workspace_id = w.id order by d.due_at""",
            [queue, limit],
        )
    )


def heard(queue: str, workspace: Workspace) -> list[int]:
    """The rings there are now. Take them before looking for work; `answer` them after all of it is done."""
    return list(Doorbell.objects.filter(workspace=workspace, queue=queue).values_list("pk", flat=True))


def answer(queue: str, workspace: Workspace, *, rings: list[int], next_due_at: datetime | None) -> None:
    """Take down these rings and no other, and ring again for what is not due yet.

    Not "all up to the last one": ids are given out before transactions commit, so an older one may appear meanwhile.
    """
    with transaction.atomic():
        Doorbell.objects.filter(pk__in=rings).delete()
        if next_due_at is not None:
            Doorbell.objects.create(workspace=workspace, queue=queue, due_at=next_due_at)


def _already_rung(queue: str) -> bool:
    """Whether this transaction rang before, outside any savepoint that has been rolled back since."""
    scope = current_scope()
    here = tuple(scope.connection.savepoint_ids)
    return any(name == queue and here[: len(rung)] == rung for name, rung in scope.rung)


def _hint(queue: str, workspace: Workspace) -> None:
    """Losing a hint costs the seconds until the next poll, so a broker that is away must not fail the request."""
    name, now = f"hint:{queue}:{workspace.pk}", time.monotonic()
    if queue not in _hints or now < _hinted_until.get(name, now):
        return
    try:
        if cache.add(name, 1, timeout=HINT_EVERY_SECONDS):
            _hints[queue](workspace)
        _hinted_until[name] = now + HINT_EVERY_SECONDS
    except Exception:
        log.warning("could not hint %s to the broker; the next poll finds it", queue, exc_info=True)
