"""A worker is killed in the middle of an import, as by the kernel: a process of its own, and `kill -9`."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from crm.embedded.process import is_alive, wait_until
from customers.actions.imports import plan_import, start_import, upload_import
from customers.importing.plans import plan_of
from customers.models import Customer, CustomerTag, ExternalId, Facts, Import, ImportRow
from customers.tasks import run_imports
from tests.factories.accounts import UserFactory, WorkspaceFactory
from tests.faults._processes import background, children_of, kill
from timeline.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 3
LINES = 6_000
# As Celery's: a parent that has everything loaded forks a worker, and another one when that died. In portions of a
# hundred lines, so that a short file has many moments to die in.
WORKERS = """
import os, sys, time, django
django.setup()
from accounts.models import Workspace
from customers.importing import running
from customers.tasks import run_imports
running._FIRST_CHUNK = running._SMALLEST_CHUNK = running.LARGEST_CHUNK = 100
while True:
    if os.fork() == 0:
        run_imports.run(Workspace.objects.get(pk=int(sys.argv[1])))
        os._exit(0)
    os.wait()
    time.sleep(0.02)
"""


@pytest.fixture(autouse=True)
def _files_on_disk(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What makes another process a worker of this test's database and files."""
    address = urlsplit(os.environ["DATABASE_URL"])
    socket, _, _ = address.path.rpartition("/")
    return {
        "DATABASE_URL": urlunsplit(address._replace(path=f"{socket}/{connection.settings_dict['NAME']}")),
        "DJANGO_SETTINGS_MODULE": "crm.settings.local",
        "SECRET_KEY": "only-for-tests",
        "MEDIA_ROOT": str(tmp_path),
    }


def started_import(workspace: Workspace) -> Import:
    """Every hundredth line is refused, and every tenth is about somebody who stood further up."""
    lines = ["id,Name,E-mail,Tags"]
    lines += [f"{n - n % 10 // 9},Customer {n},{n % 100 and n}@mail.example,regular" for n in range(1, LINES + 1)]
    lines = [line.replace(",0@mail.example,", ",nowhere,") for line in lines]
    upload = SimpleUploadedFile("people.csv", "\n".join(lines).encode())
    with workspace_scope(workspace):
        source = upload_import(kind="customers", upload=upload, created_by=UserFactory())
        plan_import(source, plan=plan_of(source.reading))
    run_imports.run(workspace)
    with workspace_scope(workspace):
        return start_import(source)


def written(workspace: Workspace, source: Import) -> dict[str, Any]:
    """What an import leaves behind, wherever its portions were cut: that tells a repeated line from a change."""
    with workspace_scope(workspace):
        source.refresh_from_db()
        return {
            **{name: getattr(source, name) for name in ("state", "rows_read", "rows_created", "rows_refused")},
            "others": source.rows_updated + source.rows_unchanged,
            "customers": sorted(Customer.objects.values_list("name", "email_norm")),
            "ids": sorted(ExternalId.objects.values_list("value", "customer__name")),
            "refused": sorted(ImportRow.objects.filter(is_refused=True).values_list("line", "reason")),
            "facts": Facts.objects.count(),
            "tags": CustomerTag.objects.count(),
            "joined": Event.objects.filter(kind="CustomerJoined").count(),
        }


def killed_after(lines: int, workspace: Workspace, source: Import, parent: subprocess.Popen[bytes]) -> int:
    """Let a worker go on until it has committed so many more lines, and kill it. How many were in then."""
    before = rows_read(workspace, source)
    assert wait_until(lambda: rows_read(workspace, source) >= before + lines, seconds=120, child=parent)
    (worker,) = children_of(parent.pid)
    assert kill(worker)
    assert wait_until(lambda: not is_alive(worker), seconds=10)
    return rows_read(workspace, source)


def let_go(workspace: Workspace) -> None:
    """The worker that had it is gone; the next need not wait until its lease has run out."""
    with workspace_scope(workspace):
        Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def rows_read(workspace: Workspace, source: Import) -> int:
    with workspace_scope(workspace):
        return Import.objects.values_list("rows_read", flat=True).get(pk=source.pk)


def test_it_goes_on_and_leaves_what_an_undisturbed_one_leaves(environment: dict[str, str], tmp_path: Path) -> None:
    shop, undisturbed = WorkspaceFactory(), WorkspaceFactory()
    source, other = started_import(shop), started_import(undisturbed)

    reached = []
    with background("-c", WORKERS, str(shop.pk), log=tmp_path / "workers.log", environment=environment) as parent:
        for _ in range(KILLS):
            let_go(shop)
            reached.append(killed_after(1, shop, source, parent))
    let_go(shop)
    run_imports.run(shop)
    run_imports.run(undisturbed)

    assert 0 < reached[0] < reached[1] < reached[2] < LINES
    expected = written(undisturbed, other)
    assert (expected["state"], expected["rows_read"]) == (Import.State.DONE, LINES)
    assert written(shop, source) == expected
