from __future__ import annotations

from accounts.tokens import forget_expired_tokens
from accounts.workspace_tasks import system_task

STEP = 10_000


@system_task()
def forget_tokens() -> None:
    """In steps that each commit."""
    while forget_expired_tokens(limit=STEP) == STEP:
        pass
