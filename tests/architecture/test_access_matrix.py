"""Every workspace URL x method x role x another workspace's object: who may, may; nobody else reads or writes a thing.

Each row first succeeds as a permitted role on its own object: a matrix of refusals alone would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Manager

from accounts.models import Role, WorkspaceManager
from accounts.permissions import Permission, role_has
from accounts.scope import workspace_scope
from customers.models import Customer
from tests.architecture.access.street import ROWS, URLS, Street, address, attempts, made, send, undone
from tests.factories.customers import CustomerFactory


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    assert sorted(ROWS) == sorted(URLS)


@pytest.fixture
def street(db: None) -> Street:
    return Street()


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
