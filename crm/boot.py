"""What must be true before the web or a worker may touch a database."""

from __future__ import annotations

from accounts.roles import refuse_unsafe_role
from timeline.rebase import refuse_restored_timeline


def refuse_unsafe_boot() -> None:
    refuse_unsafe_role()
    refuse_restored_timeline()
