"""Tasks through the real broker and a real worker: what a task is given, and where it runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Event

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.cache import cache

from accounts.models import Workspace
from accounts.scope import WorkspaceRequired, current_workspace, has_scope, workspace_scope
from accounts.workspace_tasks import stepping_task, system_task, workspace_task
from crm.celery import app
from customers.models import Customer
from tests.factories.accounts import WorkspaceFactory
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@workspace_task(name="tests.count_customers")
def count_customers(key: str) -> None:
    cache.set(key, (current_workspace().slug, Customer.objects.count()))


@stepping_task(name="tests.count_in_a_step")
def count_in_a_step(workspace: Workspace, key: str) -> None:
    assert not has_scope()
    with workspace_scope(workspace):
        cache.set(key, (workspace.slug, Customer.objects.count()))


@workspace_task(name="tests.queue_another")
def queue_another(key: str) -> None:
    count_customers.delay(key)


@workspace_task(name="tests.write_and_fail")
def write_and_fail() -> None:
    CustomerFactory()
    raise ValueError("after writing")


@system_task(name="tests.look_around")
def look_around(key: str) -> None:
    cache.set(key, has_scope())


@pytest.fixture
def worker() -> Iterator[None]:
    app.control.purge()
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        yield
    root.setLevel(level)  # Celery takes the root logger for its own, and keeps it
    root.handlers[:] = handlers


@pytest.fixture
def bakery() -> Workspace:
    bakery: Workspace = WorkspaceFactory(slug="bakery")
    with workspace_scope(bakery):
        CustomerFactory()
    WorkspaceFactory(slug="florist")
    return bakery


@pytest.mark.parametrize("task", [count_customers, count_in_a_step])
def test_a_task_runs_in_the_workspace_that_it_was_queued_for(bakery: Workspace, worker: None, task: object) -> None:
    task.apply_async(("found",), workspace=bakery)  # type: ignore[attr-defined]

    assert wait_for("found") == ("bakery", 1)


def test_inside_a_scope_the_task_takes_its_workspace(bakery: Workspace, worker: None) -> None:
    with workspace_scope(bakery):
        count_customers.delay("found")

    assert wait_for("found") == ("bakery", 1)


def test_a_task_that_a_task_queues_stays_in_its_workspace(bakery: Workspace, worker: None) -> None:
    queue_another.apply_async(("found",), workspace=bakery)

    assert wait_for("found") == ("bakery", 1)


def test_a_task_that_fails_leaves_nothing(bakery: Workspace, worker: None) -> None:
    write_and_fail.apply_async(workspace=bakery)
    count_customers.apply_async(("found",), workspace=bakery)

    assert wait_for("found") == ("bakery", 1)


@pytest.mark.parametrize("task", [count_customers, count_in_a_step])
def test_a_task_without_a_workspace_is_not_queued(task: object) -> None:
    with pytest.raises(WorkspaceRequired):
        task.delay("found")  # type: ignore[attr-defined]


def test_a_system_task_has_no_scope(bakery: Workspace, worker: None) -> None:
    look_around.delay("found")

    assert wait_for("found") is False


def wait_for(key: str) -> object:
    """The value under the key once the worker has put it there."""
    missing = object()
    for _ in range(1000):
        if (value := cache.get(key, missing)) is not missing:
            return value
        Event().wait(0.01)
    raise AssertionError(f"the worker left nothing under {key}")
