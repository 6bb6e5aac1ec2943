"""`./run faults timeline`: writers that commit out of order and roll back, consumers killed: each event once to each.

Twelve writers record events in transactions of unequal length, a quarter of which are rolled back. Consumers are killed
with -9 at random moments. In the end the table of what was handed over is compared with the timeline itself.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from crm.embedded.workloads import fresh_rapport, say
from tests.faults._consumers import SLUG, SUBSCRIBERS
from tests.faults._processes import background, children_of, kill

WRITERS, CONSUMERS = 12, 4
PATIENCE = 120  # seconds until it counts as stuck


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run faults timeline")
    parser.add_argument("--transactions", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as name, fresh_rapport():
        _prepare()
        log = Path(name) / "consumers.log"
        with background("-m", "tests.faults._consumers", str(CONSUMERS), log=log) as consumers:
            writers = [
                threading.Thread(target=_write, args=(arguments.transactions // WRITERS,)) for _ in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            kills = _torment(consumers.pid, arguments.kills, writers)
            for writer in writers:
                writer.join()
            _wait_until_read()
        lost, doubled, events = _count()
    say(f"{events} events to {len(SUBSCRIBERS)} subscribers")
    print(f"lost={lost} doubled={doubled} kills={kills} ambiguous=0", flush=True)  # noqa: T201  the last line is the result
    return 0 if lost == doubled == 0 and events and kills >= arguments.kills else 1


def _prepare() -> None:
    from django.db import connections  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415

    Workspace.objects.create(name="Bakery", slug=SLUG)
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table handed_over (subscriber text, event_id bigint)")
        cursor.execute("grant select, insert on handed_over to crm_app")


def _write(transactions: int) -> None:
    """Some commit at once, some late, some never."""
    from django.db import connection  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415
    from accounts.scope import workspace_scope  # noqa: PLC0415
    from customers.events import CustomerArchived  # noqa: PLC0415
    from timeline.recording import record_many  # noqa: PLC0415

    workspace = Workspace.objects.get(slug=SLUG)
    for _ in range(transactions):
        try:
            with workspace_scope(workspace):
                record_many(CustomerArchived(customer_id=None) for _ in range(random.randint(1, 8)))
                time.sleep(random.choice([0, 0, 0.002, 0.05]))
                if random.random() < 0.25:
                    raise _ChangedMyMind  # noqa: TRY301  only an exception rolls a scope back
        except _ChangedMyMind:
            pass
    connection.close()


class _ChangedMyMind(Exception):
    pass


def _torment(consumers: int, kills: int, writers: list[threading.Thread]) -> int:
    """Kill consumers at random moments, for as long as there is something to read."""
    done = 0
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at and (done < kills or any(writer.is_alive() for writer in writers)):
        time.sleep(random.uniform(0.02, 0.1))
        if done < kills and (alive := children_of(consumers)):
            kill(random.choice(alive))
            done += 1
    return done


def _wait_until_read() -> None:
    give_up_at = time.monotonic() + PATIENCE
    while _count()[0] and time.monotonic() < give_up_at:
        time.sleep(0.2)


def _count() -> tuple[int, int, int]:
    """Never handed over, handed over again, and all events; over every subscriber."""
    from django.db import connection  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415
    from accounts.scope import workspace_scope  # noqa: PLC0415

    with workspace_scope(Workspace.objects.get(slug=SLUG)), connection.cursor() as cursor:
        cursor.execute(
            """select count(*) filter (where times = 0), coalesce(sum(greatest(times - 1, 0)), 0), count(*)
               from (select e.id, s.name, count(h.event_id) as times
                     from timeline_event e cross join unnest(%s::text[]) as s(name)
                     left join handed_over h on h.event_id = e.id and h.subscriber = s.name
                     group by e.id, s.name) each""",
            [list(SUBSCRIBERS)],
        )
        lost, doubled, pairs = cursor.fetchone()
    return lost, int(doubled), pairs // len(SUBSCRIBERS)


if __name__ == "__main__":
    sys.exit(main())
