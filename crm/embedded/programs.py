"""Our own programs, and how a thing that ended is started again."""

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from crm.embedded.process import EmbeddedError, end, spawn

_LONGEST_PAUSE = 30.0  # seconds between two attempts to start what keeps ending
_STEADY_AFTER = 60.0  # seconds after which a thing counts as running well again
_print_lock = threading.Lock()


def say(text: str, *, source: str = "rapport") -> None:
    with _print_lock:
        print(f"{source:>8} | {text}", flush=True)  # noqa: T201  the terminal is where this is read


class Startable(Protocol):
    """What can be kept running: a server or a program."""

    name: str

    def start(self) -> None: ...

    def poll(self) -> int | None: ...


class Program:
    """A child whose lines are shown under its name."""

    def __init__(self, name: str, command: Sequence[str], *, inherit: Sequence[int] = ()) -> None:
        self.name = name
        self._command = list(command)
        self._inherit = inherit
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = spawn(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self._inherit,
            start_new_session=True,  # Ctrl-C is for the supervisor, which stops us in order
        )
        threading.Thread(target=self._relay, args=(self._child,), daemon=True).start()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return None if self._child is None else self._child.poll()

    def ask_to_stop(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()

    def end(self, *, seconds: float = 10) -> None:
        """Wait for what `ask_to_stop` asked for (Celery takes a second request for impatience); insist in the end."""
        if self._child is not None:
            end(self._child, seconds=seconds)

    def _relay(self, child: subprocess.Popen[bytes]) -> None:
        for line in child.stdout or ():
            say(line.decode(errors="replace").rstrip(), source=self.name)


class Keeper:
    """Starts a thing again whenever it ended, after a pause that doubles while it keeps ending."""

    def __init__(self, kept: Startable) -> None:
        self.kept = kept
        self._pause = 0.5
        self._started_at = time.monotonic()
        self._due_at: float | None = None

    def keep(self) -> None:
        code, now = self.kept.poll(), time.monotonic()
        if code is None:
            return
        if self._due_at is None:
            was_steady = now - self._started_at > _STEADY_AFTER
            self._pause = 1.0 if was_steady else min(self._pause * 2, _LONGEST_PAUSE)
            self._due_at = now + self._pause
            say(f"{self.kept.name} ended with {code}; starting it again in {self._pause:.0f} s")
        elif now >= self._due_at:
            self._start(now)

    def _start(self, now: float) -> None:
        self._due_at, self._started_at = None, now
        try:
            self.kept.start()
        except EmbeddedError as error:
            say(str(error))
