"""`./run faults timeline`: writers that commit out of order and roll back, consumers killed: each event once to each.

Twelve writers record events in transactions of unequal length, a quarter of which are rolled back. Consumers are killed
with -9 at random moments, and Postgres crashes twice. In the end the table of what was handed over is compared with the
timeline itself.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from crm.embedded.process import wait_until
from crm.embedded.workloads import fresh_rapport, say
from tests.faults._consumers import SLUG, SUBSCRIBERS
from tests.faults._processes import background, children_of, kill

WRITERS, CONSUMERS, CRASHES = 12, 4, 2
PATIENCE = 120  # seconds until it counts as stuck

Crash = Callable[[], object]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run faults timeline")
    parser.add_argument("--transactions", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as name, fresh_rapport() as servers, handing_over():
        log = Path(name) / "consumers.log"
        crash = partial(servers.postgres.restart, immediately=True)
        kills = torment(log, arguments.transactions, kills=arguments.kills, crash=crash)
        lost, doubled, events = count()
    say(f"{events} events to {len(SUBSCRIBERS)} subscribers, Postgres crashed {CRASHES} times")
    print(f"lost={lost} doubled={doubled} kills={kills} ambiguous=0", flush=True)  # noqa: T201  the last line is the result
    return 0 if lost == doubled == 0 and events and kills >= arguments.kills else 1


@contextmanager
def handing_over() -> Iterator[None]:
    """A workspace, and the table without any key in which its consumers write down what they were handed."""
    from django.db import connections  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415

    Workspace.objects.create(name="Bakery", slug=SLUG)
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table handed_over (subscriber text, event_id bigint)")
        cursor.execute("grant select, insert on handed_over to crm_app")
    connections["owner"].close()
    try:
        yield
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("drop table handed_over")


def torment(log: Path, transactions: int, *, kills: int, crash: Crash | None = None) -> int:
    """Write, and kill consumers at random moments for as long as there is something to read. Returns how many."""
    with background("-m", "tests.faults._consumers", str(CONSUMERS), log=log) as consumers:
        writers = [threading.Thread(target=_write, args=(transactions // WRITERS,)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        done = _kill(consumers.pid, kills, writers, crash)
        for writer in writers:
            writer.join()
        wait_until(lambda: not count()[0], seconds=PATIENCE, every=0.2)
    return done


def _write(transactions: int) -> None:
    """Some commit at once, some late, some never."""
    from django.db import Error, connection  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415
    from accounts.scope import workspace_scope  # noqa: PLC0415
    from customers.events import CustomerArchived  # noqa: PLC0415
    from timeline.recording import record_many  # noqa: PLC0415

    for _ in range(transactions):
        try:
            with workspace_scope(Workspace.objects.get(slug=SLUG)):
                record_many(CustomerArchived(customer_id=None) for _ in range(random.randint(1, 8)))
                time.sleep(random.choice([0, 0, 0.002, 0.05]))
                if random.random() < 0.25:
                    raise _ChangedMyMind  # noqa: TRY301  only an exception rolls a scope back
        except _ChangedMyMind:
            pass
        except Error:  # the database is away: what was committed is in the timeline, and only that counts
            connection.close()
            time.sleep(0.1)
    connection.close()


class _ChangedMyMind(Exception):
    pass


def _kill(consumers: int, kills: int, writers: list[threading.Thread], crash: Crash | None) -> int:
    done = crashes = 0
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at and (done < kills or any(writer.is_alive() for writer in writers)):
        if crash and crashes < CRASHES and done >= kills * (crashes + 1) // (CRASHES + 1):
            crash()
            crashes += 1
        time.sleep(random.uniform(0.02, 0.1))
        if done < kills and (alive := children_of(consumers)):
            done += kill(random.choice(alive))
    return done


def count() -> tuple[int, int, int]:
    """Never handed over, handed over again, and all events; over every subscriber."""
    from django.db import connection  # noqa: PLC0415  Django is set up only now

    from accounts.models import Workspace  # noqa: PLC0415
    from accounts.scope import workspace_scope  # noqa: PLC0415

    connection.close()  # it may be one of before a crash
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
