"""Workers that send, killed again and again: what `./run faults birthday` and `./run faults messages` share.

The workers are the product's, under Celery. Each kill is a `kill -9` of a worker process that owns a leased or sending
message at that moment: it is stopped, the database is asked, and only then is it killed. Some are not killed but stand
still in the middle of sending until others have settled what they held, and then go on. Postgres crashes in between.
What is in doubt is settled by `reconcile_messages` from the mail server's log; what is believed in the end is the mail
server's own count.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crm.embedded.workloads import say
from tests.faults._processes import PYTHON, children_of, go_on, kill, manage, stand_still

if TYPE_CHECKING:
    from tests.faults._outbox import Outbox

# Short, so that nobody waits for minutes; in the order of the defaults.
SECONDS = {"MESSAGE_LEASE_SECONDS": "3", "SMTP_REPLY_SECONDS": "2", "SMTP_BODY_SECONDS": "2"}
# Celery replaces those that were killed every 5 s: with more of them, each with little in hand, there is always one
# to kill, also when few messages are left.
WORKERS, CONNECTIONS, CHUNK = 6, 5, 30
SIZES = {"SMTP_CONNECTIONS": str(CONNECTIONS), "MESSAGE_CHUNK": str(CHUNK)}
STANDSTILLS = 5
STANDS_STILL = 3.5  # seconds: longer than any lease
PATIENCE = 900  # seconds until tormenting, or ending what was begun, counts as stuck

Crash = Callable[[], object]


@dataclass
class Score:
    kills: int = 0
    crashes: int = 0
    standstills: int = 0
    killed_while: Counter[str] = field(default_factory=Counter)


@contextmanager
def counting_sink(folder: Path, *, seconds: float) -> Iterator[dict[str, str]]:
    """The mail server, which takes `seconds` for an answer, and the environment that leads the workers to it."""
    command = [PYTHON, "-m", "tests.faults._sink", str(folder), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        try:
            port = int(sink.stdout.readline()) if sink.stdout else 0
            yield {**SECONDS, "EMAIL_URL": f"smtp://127.0.0.1:{port}", **SIZES}
        finally:
            sink.terminate()


class Torturer:
    """Kills whoever holds messages, as long as there are messages to hold, and crashes Postgres in between.

    With `while_still`, some stand still instead; after it was called for them, they go on.
    """

    def __init__(
        self,
        outbox: Outbox,
        *,
        kills: int,
        crash: Crash | None = None,
        crashes: int = 0,
        while_still: Crash | None = None,
    ) -> None:
        self._outbox, self._kills, self._crashes = outbox, kills, crashes
        self._crash, self._while_still = crash, while_still
        self._score = Score()
        self._still: dict[int, float] = {}  # since when, by process id

    def torment(self, worker: subprocess.Popen[bytes], expected: int) -> Score:
        """Until it killed as many as it shall, or the `expected` messages are all out of hand."""
        give_up_at = time.monotonic() + PATIENCE
        try:
            while self._score.kills < self._kills and time.monotonic() < give_up_at and worker.poll() is None:
                if self._crash and self._is_time(self._score.crashes, self._crashes):
                    self._crash()
                    self._score.crashes += 1
                self._wake(after=STANDS_STILL)
                time.sleep(random.uniform(0.005, 0.02))
                holders = self._outbox.holders().keys() & set(children_of(worker.pid)) - self._still.keys()
                if holders:
                    self._strike(random.choice(sorted(holders)))
                elif self._outbox.is_handed_out(expected):
                    break
        finally:
            self._wake(after=0)
        return self._score

    def _is_time(self, done: int, wanted: int) -> bool:
        """Evenly among the kills."""
        return done < wanted and self._score.kills >= self._kills * (done + 1) // (wanted + 1)

    def _strike(self, victim: int) -> None:
        state = self._outbox.holders().get(victim) if stand_still(victim) else None
        if state == "sending" and self._while_still and self._is_time(self._score.standstills, STANDSTILLS):
            self._score.standstills += 1
            self._still[victim] = time.monotonic()
            return
        if state is not None and kill(victim):
            self._score.kills += 1
            self._score.killed_while[state] += 1
        go_on(victim)

    def _wake(self, *, after: float) -> None:
        for pid in [pid for pid, since in self._still.items() if time.monotonic() - since >= after]:
            if self._while_still:
                self._while_still()
            del self._still[pid]
            go_on(pid)


def reconcile(folder: Path) -> None:
    say(manage("reconcile_messages", "--postfix-log", str(folder / "mail.log")).splitlines()[-1])


def finish(outbox: Outbox, folder: Path, expected: int) -> None:
    """Let the workers end the day, and an operator settle what is in doubt, until nothing is left to do."""
    give_up_at = time.monotonic() + PATIENCE
    while not outbox.is_done(expected):
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"stuck: {outbox.states()}\n{(folder / 'worker.log').read_text()[-5000:]}")
        if outbox.has_doubts():
            reconcile(folder)
        time.sleep(0.3)


def verdict(expected: set[str], folder: Path, outbox: Outbox, score: Score) -> tuple[str, bool]:
    """The result line, by the mail server's count, and whether it is as it must be."""
    deliveries = Counter((folder / "accepted").read_text().split())
    lost = len(expected - deliveries.keys())
    doubled = sum(count - 1 for count in deliveries.values())
    ambiguous = outbox.ever_in_doubt
    is_bound_held = ambiguous <= (score.kills + score.standstills + score.crashes * WORKERS) * CONNECTIONS
    is_good = lost == doubled == 0 and deliveries.keys() == expected and is_bound_held
    return f"lost={lost} doubled={doubled} kills={score.kills} ambiguous={ambiguous}", is_good
