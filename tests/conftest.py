from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.core.cache import cache
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from accounts import doorbells
from accounts.models import Membership, Role, User, Workspace
from accounts.scope import workspace_scope
from tests.client import Browser
from tests.factories.accounts import MembershipFactory, UserFactory, WorkspaceFactory
from timeline import drain as drain_module
from timeline.drain import drain_workspace
from timeline.horizon import Position
from timeline.models import Event


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,  # noqa: FBT001  a fixture, given by name
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """The databases of both roles, always: pytest-django makes only those that the collected tests name."""
    with django_db_blocker.unblock():
        made = setup_databases(
            0,
            interactive=False,
            keepdb=django_db_keepdb,
            aliases=["default", "owner"],  # type: ignore[arg-type]  # Django only looks for names in it
        )
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            _end_sessions()
            connections.close_all()  # crm_app's, or the database could not be dropped
            teardown_databases(made, verbosity=0)


def _end_sessions() -> None:
    """Those of threads that kept theirs to the end. Each role may end its own only."""
    connections.close_all()
    for alias in ("default", "owner"):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                """select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"""
            )


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    """A bakery, with its scope open for the length of the test."""
    bakery = WorkspaceFactory(name="Bakery", slug="bakery")
    with workspace_scope(bakery):
        yield bakery


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    return WorkspaceFactory(name="Florist", slug="florist")


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return member_of(workspace, Role.OWNER)


@pytest.fixture
def member(workspace: Workspace) -> Callable[[Role], User]:
    """A user with a given role in the bakery: call it with `Role.AGENT`."""
    return lambda role: member_of(workspace, role)


def member_of(workspace: Workspace, role: Role) -> User:
    user = UserFactory()
    MembershipFactory(user=user, workspace=workspace, role=role)
    return user


@pytest.fixture
def browser() -> Browser:
    """Somebody who is not signed in."""
    return Browser()


@pytest.fixture
def owner_browser(owner: User) -> Browser:
    return signed_in(owner)


def signed_in(user: User) -> Browser:
    """A strict browser (tests/client.py), signed in as `user`; paths are below the workspace: `/customers/`."""
    browser = Browser()
    browser.force_login(user)
    membership = Membership.objects.select_related("workspace").filter(user=user).first()
    browser.prefix = f"/w/{membership.workspace.slug}" if membership else ""
    return browser


@pytest.fixture
def drained(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """For a `with` block: whatever was recorded by its end is handed to its subscribers there.

    The events of a test's own transaction lie beyond the real horizon, so here the horizon is lifted above them.
    """

    @contextmanager
    def drain_afterwards() -> Iterator[None]:
        yield
        drain_now(workspace, monkeypatch)

    return drain_afterwards


def drain_now(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lifted:
        lifted.setattr(drain_module, "horizon", newest_position)
        while drain_workspace(workspace):
            pass


def newest_position() -> Position:
    return Event.objects.order_by("-tx", "-id").values_list("tx", "id").first() or (0, 0)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Each xdist worker has a cache of its own: rate limits and hints must not cross tests."""
    yield
    cache.clear()
    doorbells._hinted_until.clear()


def pytest_configure() -> None:
    """To look for garbage as often as Python does by itself takes a tenth of the suite's time; so a twentieth."""
    gc.set_threshold(10_000, 20, 100)


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: each waits a quarter of its time, for programs to start and for clocks."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


LONG = ("browser", "faults", "front_door", "journeys")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests go first, shared out among the workers: one that began last would keep the others waiting.

    xdist gives each worker one run of the list, and lets it take from the end of another's when it is done.
    """
    _flush_as_owner(items)
    folders = {config.rootpath / "tests" / name for name in LONG}
    long = [item for item in items if not folders.isdisjoint(item.path.parents)]
    short = [item for item in items if folders.isdisjoint(item.path.parents)]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [item for at in range(workers) for item in (*long[at::workers], *short[at::workers])]


def _flush_as_owner(items: list[pytest.Item]) -> None:
    """A transactional test is flushed as owner: with `default` alone nothing would be."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and "databases" not in marker.kwargs:
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "owner"]), append=False)
