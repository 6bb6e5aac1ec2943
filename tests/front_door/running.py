"""`./run up` as a user runs it, watched from outside."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from crm.embedded.process import is_alive, wait_until

_READY = re.compile(r"ready after \d+ s: (http://localhost:(\d+)/)")
_PATIENCE = 240.0  # seconds; a loaded machine starts eight programs slowly


class Running:
    """One `./run up` on a free port, without the demo."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self._state = state.resolve()
        self._mark = f"RAPPORT_TEST={uuid.uuid4()}"
        name, _, value = self._mark.partition("=")
        command = [sys.executable, "-m", "crm.embedded.supervisor", "--port", "0", "--no-demo", "--state", str(state)]
        self.log = state.parent / "up.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment | {name: value}, stdout=log, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> Self:
        assert wait_until(lambda: self._ready() is not None, seconds=_PATIENCE, child=self._process), self.said()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def said(self) -> str:
        return self.log.read_text()

    @property
    def address(self) -> str:
        ready = self._ready()
        assert ready is not None, self.said()
        return ready[1]

    def health(self) -> tuple[int, dict[str, str]]:
        try:
            with urllib.request.urlopen(f"{self.address}healthz", timeout=10) as answer:  # noqa: S310  our own
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def processes(self) -> dict[int, str]:
        """Everything alive that the supervisor started, or what it started did: id and command."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = self._is_ours(folder)
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it ended meanwhile, or belongs to somebody else
                continue
            if is_ours and is_alive(int(folder.name)):
                found[int(folder.name)] = command
        return found

    def _is_ours(self, process: Path) -> bool:
        """Programs inherit our mark; servers write their title over it, but work in the state folder."""
        is_marked = self._mark.encode() in (process / "environ").read_bytes().split(b"\0")
        return is_marked or self._state in (process / "cwd").resolve().parents

    def kill(self) -> None:
        """Of the supervisor only: the kernel sees to the rest."""
        self._process.kill()
        self._process.wait()

    def ask_to_stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_PATIENCE)

    def _ready(self) -> re.Match[str] | None:
        return _READY.search(self.said())


def eventually(condition: Callable[[], bool], *, seconds: float = 30) -> bool:
    return wait_until(condition, seconds=seconds)
