"""Every workspace URL x method x role x another workspace's object: who may, may; nobody else reads or writes a thing.

Each row first succeeds as a permitted role on its own object: a matrix of refusals alone would prove nothing.
"""

from __future__ import annotations

import pytest
from django.db.models import Manager

from accounts.models import Role, WorkspaceManager
from accounts.permissions import Permission, role_has
from accounts.scope import workspace_scope
from tests.architecture.access.street import ROWS, URLS, Street, address, attempts, made, send, undone


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    assert sorted(ROWS) == sorted(URLS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_role_may_just_what_its_permissions_say(street: Street, name: str) -> None:
    row, permission = ROWS[name], URLS[name].permission  # type: ignore[attr-defined]
    assert isinstance(permission, Permission)
    browsers = {role: street.browser(member) for role, member in street.members.items()}
    for method in attempts(row):
        with undone():
            kwargs, data = made(street, row, street.bakery)
            before = street.fingerprint()
            for role, browser in browsers.items():
                with undone():
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
    outsiders = [(street.browser(None), {302, 401}), (street.browser(street.stranger), {404})]
    for method in attempts(row):
        with undone():
            kwargs, data = made(street, row, street.bakery)
            before = street.fingerprint()
            for browser, refused in outsiders:
                with undone():
                    response = send(browser, method, address(name, row, kwargs), data)
                    assert response.status_code in refused, f"{refused} {method}"
                    assert street.fingerprint() == before, f"{refused} {method} wrote"


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
