"""Every workspace URL x method x role x another workspace's object: who may, may; nobody else reads or writes a thing.

Each row first succeeds as a permitted role on its own object: a matrix of refusals alone would prove nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Manager
from django.http import HttpResponse
from django.urls import get_resolver, reverse

from accounts.models import Role, Workspace, WorkspaceManager
from accounts.permissions import Permission, role_has
from accounts.scope import workspace_scope
from customers.models import Customer
from tests.architecture import access
from tests.architecture.access.everything import fingerprint
from tests.architecture.access.rows import Kwargs, Row
from tests.client import Browser
from tests.conftest import member_of
from tests.factories.accounts import WorkspaceFactory
from tests.factories.customers import CustomerFactory


def all_rows() -> dict[str, Row]:
    modules = [f"{access.__name__}.{module.name}" for module in pkgutil.iter_modules(access.__path__)]
    return {
        name: row for module in modules for name, row in getattr(importlib.import_module(module), "ROWS", {}).items()
    }


def named_urls() -> dict[str, Callable[..., HttpResponse]]:
    """Every named URL of a workspace with its view."""
    found = {}
    for resolver in get_resolver(settings.WORKSPACE_URLCONF).url_patterns:
        for pattern in getattr(resolver, "url_patterns", [resolver]):
            space = getattr(resolver, "app_name", None)
            found[f"{space}:{pattern.name}" if space else pattern.name] = pattern.callback
    return found


ROWS = all_rows()
URLS = named_urls()


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    assert sorted(ROWS) == sorted(URLS)


class Street:
    """Two workspaces, with a browser for anybody: the bakery's members by role, the florist's owner, a passer-by."""

    def __init__(self) -> None:
        self.bakery: Workspace = WorkspaceFactory(name="Bakery", slug="bakery")
        self.florist: Workspace = WorkspaceFactory(name="Florist", slug="florist")
        self.members = {role: member_of(self.bakery, role) for role in Role}
        self.stranger = member_of(self.florist, Role.OWNER)
        self.browser = cache(self._browser)

    def _browser(self, user: Any) -> Browser:
        browser = Browser(raise_request_exception=True)
        browser.prefix = f"/w/{self.bakery.slug}"
        if user is not None:
            browser.force_login(user)
        return browser

    def fingerprint(self) -> dict[str, str]:
        return fingerprint(self.bakery, self.florist)


@pytest.fixture
def street(db: None) -> Street:
    return Street()


@contextmanager
def undone() -> Iterator[None]:
    """What a case leaves behind goes before the next one."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def address(name: str, row: Row, kwargs: Kwargs) -> str:
    path = reverse(name, urlconf=settings.WORKSPACE_URLCONF, kwargs=kwargs)
    return f"{path}?{row.query}" if row.query else path


def attempts(row: Row) -> list[str]:
    return ["get"] * row.get + ["post"] * (row.post is not None)


def send(browser: Browser, method: str, path: str, data: Any) -> Any:
    return browser.get(path) if method == "get" else browser.post(path, data)


def made(street: Street, row: Row, workspace: Workspace) -> tuple[Kwargs, Any]:
    """The row's objects in a workspace, and the data that would be posted to them."""
    with workspace_scope(workspace, actor=f"user:{street.members[Role.OWNER].pk}"):
        kwargs = row.make()
        return kwargs, row.post(kwargs) if row.post else None


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_role_may_just_what_its_permissions_say(street: Street, name: str) -> None:
    row, permission = ROWS[name], URLS[name].permission  # type: ignore[attr-defined]
    assert isinstance(permission, Permission)
    for method in attempts(row):
        for role, member in street.members.items():
            browser = street.browser(member)
            with undone():
                kwargs, data = made(street, row, street.bakery)
                before = street.fingerprint()
                response = send(browser, method, address(name, row, kwargs), data)
                if role_has(role, permission):
                    assert response.status_code in row.done, f"{role} {method}: {response.status_code}"
                else:
                    assert response.status_code == 403, f"{role} {method}"
                if method == "get" or response.status_code == 403:
                    assert street.fingerprint() == before, f"{role} {method} wrote"


@pytest.mark.parametrize("name", sorted(ROWS))
def test_nobody_from_outside_gets_in(street: Street, name: str) -> None:
    row = ROWS[name]
    for method in attempts(row):
        for user, refused in ((None, {302, 401}), (street.stranger, {404})):
            browser = street.browser(user)
            with undone():
                kwargs, data = made(street, row, street.bakery)
                before = street.fingerprint()
                response = send(browser, method, address(name, row, kwargs), data)
                assert response.status_code in refused, f"{user} {method}"
                assert street.fingerprint() == before, f"{user} {method} wrote"


def refuse_foreign_objects(street: Street, name: str) -> None:
    row = ROWS[name]
    browser = street.browser(street.members[Role.OWNER])
    for method in attempts(row):
        with undone():
            kwargs, data = made(street, row, street.florist)
            if not kwargs or all(isinstance(value, str) for value in kwargs.values()):
                return
            before = street.fingerprint()
            response = send(browser, method, address(name, row, kwargs), data)
            assert response.status_code == 404, f"{method} of the florist's: {response.status_code}"
            assert street.fingerprint() == before, f"{method} of the florist's wrote"


@pytest.mark.parametrize("name", sorted(ROWS))
def test_another_workspace_s_object_does_not_exist(street: Street, name: str) -> None:
    refuse_foreign_objects(street, name)


@pytest.fixture
def _past_row_level_security(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The application signed in as the owner, whom a policy lets see every row: only the managers' filter is left."""
    app_role = connection.settings_dict["USER"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["USER"] = connections["owner"].settings_dict["USER"]
        yield
        connection.close()
        connection.settings_dict["USER"] = app_role


@pytest.fixture
def street_past_row_level_security(_past_row_level_security: None, db: None) -> Street:
    street = Street()
    with workspace_scope(street.florist):
        CustomerFactory()
    with workspace_scope(street.bakery):
        assert Customer.unscoped.count() == 1
    return street


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_managers_filter_alone_keeps_them_apart(street_past_row_level_security: Street, name: str) -> None:
    refuse_foreign_objects(street_past_row_level_security, name)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_level_security_alone_keeps_them_apart(street: Street, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the managers' filter taken away."""
    monkeypatch.setattr(WorkspaceManager, "get_queryset", Manager.get_queryset)
    refuse_foreign_objects(street, name)


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, row in sorted(ROWS.items()) for field in row.foreign]
)
def test_a_foreign_id_in_a_field_is_refused(street: Street, name: str, field: str) -> None:
    row = ROWS[name]
    kwargs, data = made(street, row, street.bakery)
    with workspace_scope(street.florist):
        theirs = row.foreign[field]()
    before = street.fingerprint()

    browser = street.browser(street.members[Role.OWNER])
    response = send(browser, "post", address(name, row, kwargs), {**data, field: getattr(theirs, "pk", theirs)})

    assert response.status_code in (404, 422), f"{field}: {response.status_code}"
    assert street.fingerprint() == before
