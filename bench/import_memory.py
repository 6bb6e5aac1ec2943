"""A file of 1 GB on its way in: the most memory that a web process takes for the upload, and a worker afterwards.

2.1 million customers of half a kilobyte each. The web process is granian's, the worker Celery's, as `./run up` starts
them. The worker reads all of the file to check it; of the import itself it is given a minute, as one portion is like
another. The limit is not measured: 400 MB is what a worker may take.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crm.embedded.process import spawn, stop, wait_until
from crm.embedded.workloads import fresh_rapport, say

if TYPE_CHECKING:
    from accounts.models import Workspace

LIMIT_MB = 400
LINES = 2_100_000
LINES_AT_ONCE = 2_000
WATCHED_SECONDS = 60
PATIENCE = 1800  # seconds for reading all of the file
BOUNDARY = "here-a-part-ends"
HEADER = b"Customer number,Name,E-mail,City,Note\r\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        os.environ["MEDIA_ROOT"] = folder
        with fresh_rapport():
            from accounts.models import Membership, Role, User, Workspace  # noqa: PLC0415  Django is set up only now

            shop = Workspace.objects.create(name="Shop", slug="shop", zone="Europe/Berlin", currency="EUR")
            owner = User.objects.create_user("owner@shop.example")
            Membership.objects.create(user=owner, workspace=shop, role=Role.OWNER)
            report("import_memory_web", upload(shop, owner))
            report("import_memory", work_off(shop))


def report(name: str, megabytes: float) -> None:
    print(f"{name}: ours={megabytes:.0f} MB limit={LIMIT_MB} MB ratio={megabytes / LIMIT_MB:.2f}", flush=True)


def upload(shop: Workspace, owner: object) -> float:
    """The most megabytes that a process of the web server had."""
    from django.test import Client  # noqa: PLC0415  Django is set up only now

    from bench._web import granian  # noqa: PLC0415

    browser = Client()
    browser.force_login(owner)  # type: ignore[arg-type]  # a User, whose model can't be named before Django is set up
    browser.get(f"/w/{shop.slug}/imports/new/")
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    with granian("crm.embedded.wsgi:application") as port:
        started_at = time.monotonic()
        status = _post(port, f"/w/{shop.slug}/imports/new/", cookies)
        assert status == http.client.FOUND, status
        say(f"uploaded in {time.monotonic() - started_at:.0f} s")
        return max(map(_peak, _below(os.getpid(), named="granian")))


def _post(port: int, path: str, cookies: dict[str, str]) -> int:
    fields = {"csrfmiddlewaretoken": cookies["csrftoken"], "kind": "customers"}
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
    tail = f"\r\n--{BOUNDARY}--\r\n"
    size = len(head) + len(HEADER) + LINES * len(_line(0)) + len(tail)
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(size),
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    server.request("POST", path, body=_body(head.encode(), tail.encode()), headers=headers)
    return server.getresponse().status


def _body(head: bytes, tail: bytes) -> Iterator[bytes]:
    yield head + HEADER
    for first in range(0, LINES, LINES_AT_ONCE):
        yield b"".join(_line(number) for number in range(first, first + LINES_AT_ONCE))
    yield tail


def _line(number: int) -> bytes:
    start = f"K{number:08},Person {number:08},person{number:08}@mail.example,Bonn,"
    return f"{start}{'x' * (510 - len(start))}\r\n".encode()


def work_off(shop: Workspace) -> float:
    """The most megabytes that a process of the worker had."""
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from customers.actions.imports import plan_import, start_import  # noqa: PLC0415
    from customers.importing.plans import plan_of  # noqa: PLC0415
    from customers.models import Import  # noqa: PLC0415

    with workspace_scope(shop):
        source = Import.objects.get()
        assert source.file_size > 1 << 30
        source = plan_import(source, plan=plan_of(source.reading))
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "crm.embedded.worker", "worker", "--loglevel", "warning"]
    celery += ["--concurrency", "1", "--beat", "--scheduler", "celery.beat:Scheduler"]
    worker = spawn(celery, stdin=subprocess.DEVNULL)
    try:
        started_at = time.monotonic()
        wait_until(lambda: state_of(shop) != Import.State.CHECKING, seconds=PATIENCE, child=worker, every=1)
        with workspace_scope(shop):
            source.refresh_from_db()
        assert (source.state, source.rows_total, source.rows_refused) == (Import.State.READY, LINES, 0), source.error
        say(f"checked in {time.monotonic() - started_at:.0f} s")
        with workspace_scope(shop):
            source = start_import(source)
        time.sleep(WATCHED_SECONDS)
        with workspace_scope(shop):
            source.refresh_from_db()
        assert source.rows_created > 0
        say(f"{source.rows_created:,} lines imported in {WATCHED_SECONDS} s")
        return max(map(_peak, _below(worker.pid)))
    finally:
        stop(worker)


def state_of(shop: Workspace) -> str:
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from customers.models import Import  # noqa: PLC0415

    with workspace_scope(shop):
        return str(Import.objects.get().state)


def _below(pid: int, *, named: str = "") -> list[int]:
    """The processes that this one started, and those that they did."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [each for child in map(int, children) for each in (child, *_below(child))]
    return [each for each in found if named in Path(f"/proc/{each}/cmdline").read_text()]


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
