import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from environ import Env

from crm.embedded.process import spawn, stop
from crm.embedded.servers import Servers
from crm.embedded.state import ROOT
from tests.front_door.running import Running, eventually

PROGRAMS = ("valkey-server", "bin/postgres", "granian", "worker --concurrency", "beat", "mail_catcher")
RING = """
from accounts.doorbells import ring
from accounts.models import Workspace
from accounts.scope import workspace_scope
with workspace_scope(Workspace.objects.create(name="Bakery", slug="bakery")):
    ring("timeline")
"""


def test_up_survives_kill_9_and_leaves_nothing_behind(place: Path, bare_environment: dict[str, str]) -> None:
    state = place / "state"
    with Running(state, bare_environment) as first:
        assert first.health() == (200, {"web": "ok", "database": "ok", "worker": "ok"})
        with urllib.request.urlopen(first.address) as page:  # noqa: S310  our own
            assert page.url == f"{first.address}accounts/login/"
        commands = " ".join(first.processes().values())
        assert [name for name in PROGRAMS if name not in commands] == []
        write(state, "create table kept (id int); insert into kept values (1)")
        # The worker really works: a doorbell that is rung gets answered.
        manage(bare_environment, state, "shell", "-c", RING)
        assert eventually(lambda: write(state, "select count(*) from accounts_doorbell") == [(0,)]), first.said()
        assert "Traceback" not in first.said()

        first.kill()

        assert eventually(lambda: not first.processes(), seconds=10), first.processes()

    with Running(state, bare_environment) as second:
        assert second.health()[0] == 200
        assert write(state, "select id from kept") == [(1,)]

        server = next(pid for pid, command in second.processes().items() if "bin/postgres" in command)
        os.kill(server, signal.SIGKILL)

        assert eventually(lambda: "postgres ended with -9; starting it again" in second.said())
        assert eventually(lambda: second.health()[0] == 200, seconds=60), second.health()
        assert second.ask_to_stop() == 0
        assert second.processes() == {}


def test_up_runs_on_external_servers(
    place: Path, bare_environment: dict[str, str], external: Servers, relay: str
) -> None:
    """As a deployment has them: Postgres, Valkey and a mail relay that are known by their addresses only."""
    state = place / "state"
    environment = bare_environment | external.environment() | {"EMAIL_URL": relay}

    with Running(state, environment) as running:
        assert running.health() == (200, {"web": "ok", "database": "ok", "worker": "ok"})
        commands = " ".join(running.processes().values())
        assert [name for name in ("valkey-server", "bin/postgres", "mail_catcher") if name in commands] == []
        manage(environment, state, "sendtestemail", "somebody@customer.example")

        external.valkey.stop()
        assert eventually(lambda: running.health()[0] == 503)
        assert running.health()[1]["worker"] == "unknown: the broker does not answer"

        external.postgres.stop()
        assert eventually(lambda: running.health()[1]["database"] == "does not answer")

    [message] = (place / "relayed" / "new").iterdir()
    assert b"somebody@customer.example" in message.read_bytes()
    assert {"postgres", "valkey", "mail"}.isdisjoint(path.name for path in state.iterdir())


@pytest.fixture
def external(place: Path) -> Iterator[Servers]:
    servers = Servers(place / "external", is_durable=False)
    servers.start()
    yield servers
    servers.stop()


@pytest.fixture
def relay(place: Path) -> Iterator[str]:
    """The URL of a mail relay; what it takes lies in `relayed/new`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "crm.embedded.mail_catcher", str(listener.fileno()), str(place / "relayed")]
        child = spawn(command, pass_fds=[listener.fileno()], cwd=ROOT)
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    stop(child)


def manage(environment: dict[str, str], state: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "crm.embedded.manage", *arguments]
    subprocess.run(command, env=environment | {"RAPPORT_STATE": str(state)}, check=True, capture_output=True)


def write(state: Path, query: str) -> list[tuple[object, ...]]:
    """As the owner, through the address that `./run manage` uses."""
    parts = Env.db_url_config(Servers(state).environment()["DATABASE_OWNER_URL"])
    connection = psycopg2.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
