"""Starting the product's own processes, and killing them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crm.embedded.process import is_alive, spawn, stop, wait_until
from crm.embedded.state import ROOT

PYTHON = sys.executable


@contextmanager
def background(
    *command: str, log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child of ours for the length of the block; what it says goes to `log`."""
    with log.open("ab") as output:
        child = spawn(
            [PYTHON, *command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield child
        finally:
            stop(child, seconds=5)


def children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split() if is_alive(int(child))]


def stand_still(pid: int) -> bool:
    """Stop the process until it may `go_on`. Whether it stands still: it may have ended."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    return wait_until(lambda: _is_stopped(pid), seconds=2)


def go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def kill(pid: int) -> bool:
    """Whether the process was there to be killed: it may have ended by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def manage(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """One of the product's commands, as an operator runs it. Returns what it says."""
    command = [PYTHON, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
