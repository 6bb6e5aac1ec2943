"""Workers without Celery, which start in a moment: `python -m tests.faults._senders COUNT SLUG`.

Each is a fork of this process and sends, round after round, what is due. One that was killed is forked anew.
"""

from __future__ import annotations

import os
import sys
import time

import django

from crm.embedded.process import die_with_parent


def main(count: int, slug: str) -> None:
    django.setup()
    from messaging.sending import rounds  # noqa: F401, PLC0415  loaded once, before the forks

    alive: set[int] = set()
    while True:
        while len(alive) < count:
            alive.add(os.fork() or _send_for_ever(slug))
        pid, status = os.wait()
        alive.discard(pid)
        if not os.WIFSIGNALED(status):
            sys.exit(f"a sender ended by itself, with {status}")


def _send_for_ever(slug: str) -> int:
    from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
    from messaging.sending.rounds import send_due  # noqa: PLC0415

    die_with_parent()
    workspace = Workspace.objects.get(slug=slug)
    while True:
        if not send_due(workspace).claimed:
            time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
