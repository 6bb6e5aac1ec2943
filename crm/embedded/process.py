"""Children that never outlive us."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedError(Exception):
    """A server that cannot run here. The message is one line that says what to do."""


def spawn(
    command: list[str], *, death_signal: signal.Signals = signal.SIGKILL, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child that gets `death_signal` when we die, even by `kill -9`.

    Linux ties that to the *thread* that starts the child: call this from one that lives as long as the child shall.
    """
    parent = os.getpid()

    def before_exec() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    # `user=` takes effect before preexec_fn, as it must: a change of user clears the death signal.
    return subprocess.Popen(command, preexec_fn=before_exec, **options)  # noqa: PLW1509  nothing in it takes a lock


def die_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send us `death_signal` when our parent ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))


def wait_until(
    ready: Callable[[], bool], *, seconds: float, child: subprocess.Popen[bytes] | None = None, every: float = 0.02
) -> bool:
    """Whether `ready`, asked `every` so many seconds, came true in time, and before the child (if any) ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if child is not None and child.poll() is not None:
            return False
        time.sleep(every)
    return ready()


def stop(child: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """Ask the child to end; insist after `seconds`."""
    if child.poll() is None:
        child.send_signal(by)
        end(child, seconds=seconds)


def end(child: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Wait for a child that is ending; insist after `seconds`."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not: where PID 1 reaps nobody, one may stay for ever."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in {"Z", "X"}


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, on one line, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return " / ".join(line.strip() for line in lines[-count:])


def clean_environment() -> dict[str, str]:
    """Our environment without what would steer a server or client elsewhere (PGHOST, PGDATA, a missing locale …)."""
    return {**dict(_without("PG", "LC_")), "LC_ALL": "C"}


def _without(*prefixes: str) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in os.environ.items() if not name.startswith(prefixes))
