"""What docs/operations.md says about backups, done."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.embedded.postgres import Postgres
from crm.embedded.servers import Servers
from crm.embedded.state import ROOT


@pytest.fixture
def servers(place: Path) -> Iterator[Servers]:
    servers = Servers(place / "first", is_durable=False)
    servers.start()
    yield servers
    servers.stop()


@pytest.fixture
def new_server(place: Path) -> Iterator[Postgres]:
    server = Postgres(place / "second", is_durable=False)
    server.start()
    yield server
    server.stop()


OLD_SERVER = "do $$ begin for i in 1..3000 loop perform pg_current_xact_id(); commit; end loop; end $$"
ONE_EVENT = """
from django.utils import timezone
from accounts.models import Workspace
from accounts.scope import workspace_scope
from timeline.models import Event
with workspace_scope(Workspace.objects.create(name="Bakery", slug="bakery")):
    Event.objects.create(kind="order_paid", actor="system", occurred_at=timezone.now())
"""


def test_a_restored_backup_boots_once_its_timeline_is_rebased(
    place: Path, bare_environment: dict[str, str], servers: Servers, new_server: Postgres
) -> None:
    environment = bare_environment | {"DJANGO_SETTINGS_MODULE": "crm.settings.local", "SECRET_KEY": "s" * 50}
    environment |= servers.environment()
    manage(environment, "prepare")
    run(servers.postgres, "psql", "postgres", "-c", OLD_SERVER)
    manage(environment, "shell", "-c", ONE_EVENT)

    dump = str(place / "rapport.dump")
    run(servers.postgres, "pg_dump", "crm_ops", "-Fc", "-f", dump)
    run(new_server, "pg_restore", "postgres", "--clean", "--if-exists", "--exit-on-error", "--single-transaction", dump)

    environment |= new_server.environment()
    refused = manage(environment, "prepare", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: This database was restored from a backup")
    manage(environment, "rebase_timeline")
    subprocess.run([sys.executable, "-c", "import crm.wsgi"], env=environment, check=True)  # boots
    assert "order_paid" in run(new_server, "psql", "crm_ops", "-c", "select kind from timeline_event")


def run(server: Postgres, program: str, role: str, *arguments: str) -> str:
    command = [str(server.programs / program), "-h", str(server.socket_folder), "-U", role, "-d", "rapport", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def manage(environment: dict[str, str], *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, check=check, capture_output=True, text=True)
