"""A fault drill from an empty installation to its result line: begin to send, torment, finish, count."""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crm.embedded.workloads import fresh_rapport, say
from tests.faults._processes import background
from tests.faults._torment import WORKERS, Torturer, counting_sink, finish, verdict


@dataclass(frozen=True)
class Drill:
    """`begin` queues messages to so many customers, or has the workers do so, and returns their addresses.

    `seconds_to_answer`: so slow is the mail server that a fast machine is not done before everybody was killed who is
    to be. `beats` are the schedulers, each with its clock so many seconds ahead. `is_forgetful`: Valkey loses all that
    it holds every second.
    """

    name: str
    begin: Callable[[int], set[str]]
    customers: int
    kills: int
    crashes: int
    seconds_to_answer: float
    beats: tuple[int, ...] = (0,)
    is_forgetful: bool = False


def carry_out(drill: Drill) -> int:
    """0 if nobody was left out and nobody got it twice; the last line says so."""
    arguments = _arguments(drill)
    say(f"seed {arguments.seed}")
    began_at = time.monotonic()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as name, fresh_rapport() as servers:
        folder = Path(name)
        with counting_sink(folder, seconds=drill.seconds_to_answer) as environment:
            os.environ.update(environment)
            from tests.faults._outbox import Outbox  # noqa: PLC0415  Django is set up only now

            expected = drill.begin(arguments.customers)
            outbox = Outbox()
            with _workers(folder, drill) as worker:
                torturer = Torturer(
                    outbox,
                    kills=arguments.kills,
                    crash=partial(servers.postgres.restart, immediately=True),
                    crashes=drill.crashes,
                    while_still=partial(outbox.settle, folder / "mail.log"),
                )
                score = torturer.torment(worker, len(expected))
                say(f"{score} after {time.monotonic() - began_at:.0f} s")
                finish(outbox, folder, len(expected))
            result, is_good = verdict(expected, folder, outbox, score)
            is_good = is_good and score.kills >= arguments.kills and score.crashes == drill.crashes
    print(result, flush=True)  # noqa: T201  the last line is the result
    return 0 if is_good else 1


def _arguments(drill: Drill) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"./run faults {drill.name}")
    parser.add_argument("--customers", type=int, default=drill.customers)
    parser.add_argument("--kills", type=int, default=drill.kills)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    return parser.parse_args()


@contextmanager
def _workers(folder: Path, drill: Drill) -> Iterator[subprocess.Popen[bytes]]:
    celery = ("celery", "-A", "crm.embedded.worker")
    worker = ("-m", *celery, "worker", "--concurrency", str(WORKERS), "--loglevel", "warning", "--without-mingle")
    with ExitStack() as running:
        for ahead in drill.beats:
            schedule = ("--pidfile", "", "--schedule", str(folder / f"beat{ahead}"))
            beat = ("-m", "tests.faults._ahead", str(ahead), *celery, "beat", "--loglevel", "warning", *schedule)
            running.enter_context(background(*beat, log=folder / "beat.log"))
        if drill.is_forgetful:
            running.enter_context(_forgetting())
        yield running.enter_context(background(*worker, log=folder / "worker.log"))


@contextmanager
def _forgetting() -> Iterator[None]:
    """Every second the broker and the cache hold nothing."""
    from redis import Redis  # noqa: PLC0415  its address is known only now

    server, is_over = Redis.from_url(os.environ["REDIS_URL"]), threading.Event()

    def forget() -> None:
        while not is_over.wait(1):
            server.flushall()

    forgetter = threading.Thread(target=forget)
    forgetter.start()
    try:
        yield
    finally:
        is_over.set()
        forgetter.join()
