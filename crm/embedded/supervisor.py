"""`./run up`: starts everything, keeps it running, and stops it in order."""

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from crm.embedded.process import EmbeddedError
from crm.embedded.programs import Keeper, Program, say
from crm.embedded.servers import missing_servers
from crm.embedded.state import ROOT, State

_HOST = "127.0.0.1"
_PYTHON = sys.executable
_PATIENCE = 90.0  # seconds until we say what is not ready yet
_DEMO_PATIENCE = 25.0  # seconds for which we wait for the whole demo; one can sign in before


class Supervisor:
    """One machine's Rapport, from its servers to its address."""

    def __init__(self, state: State, *, port: int, is_demo_wanted: bool) -> None:
        self._state = state
        self._port = port
        self._is_demo_wanted = is_demo_wanted
        self._inherit = (state.lock,)
        self._servers = missing_servers(state.folder, inherit=self._inherit)
        self._programs: list[Program] = []
        self._must_stop = False
        self._started_at = float(os.environ.pop("RAPPORT_STARTED_AT", time.time()))

    def run(self) -> None:
        """Everything, until a signal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self._start_servers()
            os.environ.update(self._environment())
            mailbox = self._mailbox()
            preparation, is_migrated = self._prepare()
            if is_migrated and not self._must_stop:
                self._start_programs(mailbox)
                self._supervise(preparation)
            elif not self._must_stop:
                raise EmbeddedError("The database could not be prepared; what went wrong is above.")
        finally:
            self._stop()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._must_stop:  # the second Ctrl-C: the death signals end what is left
            os._exit(1)
        self._must_stop = True

    def _start_servers(self) -> None:
        for server in self._servers:
            server.start()
            os.environ.update(server.environment())

    def _environment(self) -> dict[str, str]:
        """What the programs need to know; what the caller has set stands."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "crm.settings.local",
            "SECRET_KEY": self._state.secret_key(),
            "PUBLIC_URL": f"http://localhost:{self._port}",
            "MEDIA_ROOT": str(self._state.folder / "media"),
            "PYTHONUNBUFFERED": "1",
        }
        return {name: value for name, value in ours.items() if name not in os.environ}

    def _mailbox(self) -> list[Program]:
        """The mailbox, on a port of its own that outlives its restarts; none where mail has somewhere to go."""
        if "EMAIL_URL" in os.environ:
            return []
        listener = socket.create_server((_HOST, 0))
        self._listener = listener  # closing it would close the port
        os.environ["EMAIL_URL"] = f"smtp://{_HOST}:{listener.getsockname()[1]}"
        os.environ["MAILBOX_DIR"] = str(self._state.mail)
        os.environ.setdefault("INBOUND_URL", f"maildir://{self._state.mail / 'incoming'}")
        os.environ.setdefault("INBOUND_ADDRESS", "replies@localhost")
        command = [_PYTHON, "-m", "crm.embedded.mail_catcher", str(listener.fileno()), str(self._state.mail)]
        return [Program("mailbox", command, inherit=(*self._inherit, listener.fileno()))]

    def _prepare(self) -> tuple[Program, bool]:
        """Migrate and fill the demo in one process; return as soon as the database can be used."""
        told, tell = os.pipe()
        command = [_PYTHON, str(ROOT / "manage.py"), "prepare", "--ready-fd", str(tell)]
        if self._is_demo_wanted:
            command += ["--demo", str(self._demo_file)]
        preparation = Program("prepare", command, inherit=(*self._inherit, tell))
        preparation.start()
        self._programs.append(preparation)
        os.close(tell)
        with os.fdopen(told, "rb") as ready:
            return preparation, ready.read(1) == b"1"

    @property
    def _demo_file(self) -> Path:
        return self._state.folder / "demo"

    def _start_programs(self, mailbox: list[Program]) -> None:
        granian = [_PYTHON, "-m", "granian", "--interface", "wsgi", "--host", _HOST, "--port", str(self._port)]
        granian += ["--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers"]
        granian += ["--log-level", "warning", "crm.embedded.wsgi:application"]
        celery = [_PYTHON, "-m", "celery", "--quiet", "-A", "crm.embedded.worker"]
        worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "warning", "--without-mingle"]
        # A schedule in memory: beat only says "look for due rows", so it has nothing to remember.
        beat = [*celery, "beat", "--loglevel", "warning", "--pidfile", "", "--scheduler", "celery.beat:Scheduler"]
        programs = [
            Program("web", granian, inherit=self._inherit),
            Program("worker", worker, inherit=self._inherit),
            Program("beat", beat, inherit=self._inherit),
            *mailbox,
        ]
        for program in programs:
            self._programs.append(program)
            program.start()

    def _supervise(self, preparation: Program) -> None:
        keepers = [Keeper(kept) for kept in (*self._servers, *self._programs) if kept is not preparation]
        is_announced = is_filled = is_late = False
        while not self._must_stop:
            for keeper in keepers:
                keeper.keep()
            if not is_filled and preparation.poll() is not None:
                is_filled = True
                if is_announced:
                    say("the demo is complete" if preparation.poll() == 0 else "the demo is incomplete; see above")
            if not is_announced and (is_filled or self._seconds() > _DEMO_PATIENCE):
                health = self._health()
                if is_announced := health == "ok":
                    self._announce(is_filled=is_filled)
                elif health and self._seconds() > _PATIENCE and not is_late:
                    is_late = True
                    say(f"not ready after {self._seconds():.0f} s: {health}")
            time.sleep(0.1)

    def _seconds(self) -> float:
        """Since `./run up`, what it had to install included."""
        return time.time() - self._started_at

    def _health(self) -> str | None:
        """'ok', what is wrong, or None while the web does not answer."""
        try:
            with urllib.request.urlopen(f"http://{_HOST}:{self._port}/healthz", timeout=5):
                return "ok"
        except urllib.error.HTTPError as error:
            return error.read(500).decode(errors="replace")
        except OSError:
            return None

    def _announce(self, *, is_filled: bool) -> None:
        say(f"ready after {self._seconds():.0f} s: http://localhost:{self._port}/")
        if self._is_demo_wanted and self._demo_file.exists():
            sign_in = self._demo_file.read_text().splitlines()[0]
            say(f"demo sign-in: {sign_in}" + ("" if is_filled else " (its history is still being written)"))
        say("Ctrl-C stops it; everything is kept in " + str(self._state.folder))

    def _stop(self) -> None:
        """First what makes work, then what does it, then what keeps it."""
        say("stopping")
        programs = sorted(self._programs, key=lambda program: program.name != "beat")
        for program in programs:
            program.ask_to_stop()
        for program in programs:
            program.end()
        for server in reversed(self._servers):
            server.stop()


def main() -> int:
    arguments = _parser().parse_args()
    state = State(arguments.state) if arguments.state else State.default()
    try:
        port = _free_port(arguments.port)
        state.hold()
        Supervisor(state, port=port, is_demo_wanted=arguments.demo).run()
    except EmbeddedError as error:
        print(f"rapport: {error}", file=sys.stderr)  # noqa: T201  the one clear line
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run up", description="Run Rapport on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the browser finds it (8000)")
    parser.add_argument("--state", type=Path, help="where everything is kept (.state)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="start empty")
    return parser


def _free_port(port: int) -> int:
    """The port, if nobody listens on it; any free one for 0."""
    try:
        with socket.create_server((_HOST, port)) as probe:
            return int(probe.getsockname()[1])
    except OverflowError:
        raise EmbeddedError(f"{port} is not a port: choose one from 1024 to 65535.") from None
    except PermissionError:
        raise EmbeddedError(f"Port {port} is not open to you: ./run up --port 8000") from None
    except OSError:
        raise EmbeddedError(f"Port {port} is taken: ./run up --port {port + 1}") from None


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # whoever read our lines has gone; the death signals do the rest
        sys.exit(main())
