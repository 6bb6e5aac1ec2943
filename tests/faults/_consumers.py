"""Consumers of a timeline: `python -m tests.faults._consumers COUNT`. Each is a fork that drains, round after round.

Their two subscribers write down what they were handed, in the transaction of their cursor, into a table without any
unique key: what came twice would stand there twice.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import django

from crm.embedded.process import die_with_parent

if TYPE_CHECKING:
    from timeline.models import Event

SLUG = "bakery"
SUBSCRIBERS = ("first", "second")


def main(count: int) -> None:
    django.setup()
    from timeline import drain  # noqa: F401, PLC0415  loaded once, before the forks

    alive: set[int] = set()
    while True:
        while len(alive) < count:
            alive.add(os.fork() or _drain_for_ever())
        pid, _ = os.wait()
        alive.discard(pid)


def _drain_for_ever() -> int:
    from django.db import Error, connection  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415
    from accounts.scope import workspace_scope  # noqa: PLC0415
    from timeline.drain import drain  # noqa: PLC0415
    from timeline.registry import Subscriber  # noqa: PLC0415

    die_with_parent()
    workspace = Workspace.objects.get(slug=SLUG)
    subscribers = [Subscriber(name, (), _noting(name), 50, lambda: True) for name in SUBSCRIBERS]
    while True:
        try:
            for each in subscribers:
                with workspace_scope(workspace):
                    drain(each)
        except Error:  # the database is away
            connection.close()
            time.sleep(0.1)
        time.sleep(0.002)


def _noting(subscriber: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  the registry's Receive, known only after setup
    from django.db import connection  # noqa: PLC0415

    def receive(events: Sequence[Event]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into handed_over (subscriber, event_id) select %s, unnest(%s::bigint[])",
                [subscriber, [event.pk for event in events]],
            )

    return receive


if __name__ == "__main__":
    main(int(sys.argv[1]))
