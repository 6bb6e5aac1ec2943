"""Workers that gather a campaign's audience: `python -m tests.faults._gatherers COUNT SLUG`.

Each is a fork of this process and looks at a few customers at a time. One that was killed is forked anew.
"""

from __future__ import annotations

import os
import sys
import time

import django

from crm.embedded.process import die_with_parent

STRETCH = 20


def main(count: int, slug: str) -> None:
    django.setup()
    from messaging.actions.campaigns import gathering  # noqa: F401, PLC0415  loaded once, before the forks

    alive: set[int] = set()
    while True:
        while len(alive) < count:
            alive.add(os.fork() or _gather_for_ever(slug))
        pid, status = os.wait()
        alive.discard(pid)
        if not os.WIFSIGNALED(status):
            sys.exit(f"a gatherer ended by itself, with {status}")


def _gather_for_ever(slug: str) -> int:
    from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
    from accounts.scope import workspace_scope  # noqa: PLC0415
    from messaging.actions.campaigns import gather_audience  # noqa: PLC0415
    from messaging.models import Campaign  # noqa: PLC0415

    die_with_parent()
    workspace = Workspace.objects.get(slug=slug)
    while True:
        with workspace_scope(workspace):
            for campaign in Campaign.objects.sending():
                gather_audience(campaign, limit=STRETCH)
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
