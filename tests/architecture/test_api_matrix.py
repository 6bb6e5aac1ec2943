"""Every operation of the API x key x another workspace's object: who may, may; nobody else reads or writes a thing.

The operations are those of the committed schema, so that a new one is here without being listed.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.db.models import Manager

from accounts.api_keys import ApiScope
from accounts.models import ApiKey, Workspace, WorkspaceManager
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from crm.openapi.examples import EXAMPLES
from tests.api.conftest import ApiClient, api_client
from tests.api.operations import MADE, OPERATIONS, Request, id_fields, prepared
from tests.architecture.access.street import Street

NAMES = sorted(OPERATIONS)
ON_AN_OBJECT = [name for name in NAMES if "{id}" in OPERATIONS[name][1]]
# What a field that holds an id is called, and whose it is.
KINDS = {"customer": "customers", "product": "products", "id": "customers", "add": "customers", "remove": "customers"}
KINDS |= {"template": "templates", "included": "segments", "excluded": "segments"}
KINDS |= {"customers": "customers"}
# What a key needs beside the scope of the operation, for the body that is prepared.
FOR_THE_BODY = {"templates_preview_create": (ApiScope.CUSTOMERS_READ,)}
BODY_FIELDS = [
    (name, field)
    for name in NAMES
    if "requestBody" in OPERATIONS[name][2]
    for field in id_fields(OPERATIONS[name][2]["requestBody"]["content"]["application/json"]["schema"])
]
FILTERS = [
    (name, parameter["name"])
    for name in NAMES
    for parameter in OPERATIONS[name][2].get("parameters", ())
    if parameter["in"] == "query" and parameter["name"] in KINDS
]


def prepared_in(workspace: Workspace, name: str) -> Request:
    with workspace_scope(workspace):
        return prepared(name)


def theirs(street: Street, kind: str) -> str:
    """The id of an object of the florist's."""
    prefix, make = MADE[kind]
    with workspace_scope(street.florist):
        return encode_id(prefix, make().pk)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_may_just_what_its_scope_says(street: Street, name: str) -> None:
    scope = next(scope for scope in ApiScope if f"Scope: `{scope}`" in OPERATIONS[name][2]["description"])
    permitted = api_client(street.bakery, scopes=[scope, *FOR_THE_BODY.get(name, ())])
    others = api_client(street.bakery, scopes=[each for each in ApiScope if each != scope])
    request = prepared_in(street.bakery, name)

    before = street.fingerprint()
    assert request.send(others).status_code == 403
    assert without_use(street.fingerprint()) == without_use(before)
    assert request.send(permitted).status_code in {200, 201, 202}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_without_a_key_gets_in(street: Street, name: str) -> None:
    revoked = api_client(street.bakery)
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    request = prepared_in(street.bakery, name)

    before = street.fingerprint()
    for stranger in (ApiClient(), ApiClient("rk_nobody"), revoked):
        assert request.send(stranger).status_code == 401
    assert street.fingerprint() == before


def refuse_foreign_object(street: Street, name: str) -> None:
    shop = api_client(street.bakery)
    request = prepared_in(street.florist, name)

    before = street.fingerprint()
    assert request.send(shop).status_code == 404
    assert without_use(street.fingerprint()) == without_use(before)


@pytest.mark.parametrize("name", ON_AN_OBJECT)
def test_another_workspace_s_object_does_not_exist(street: Street, name: str) -> None:
    refuse_foreign_object(street, name)


@pytest.mark.parametrize("name", ON_AN_OBJECT)
def test_the_managers_filter_alone_keeps_them_apart(street_past_row_level_security: Street, name: str) -> None:
    refuse_foreign_object(street_past_row_level_security, name)


@pytest.mark.parametrize("name", ON_AN_OBJECT)
def test_row_level_security_alone_keeps_them_apart(street: Street, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkspaceManager, "get_queryset", Manager.get_queryset)
    refuse_foreign_object(street, name)


@pytest.mark.parametrize(
    ("name", "field"), BODY_FIELDS, ids=lambda value: value if isinstance(value, str) else ".".join(value)
)
def test_a_foreign_id_in_a_body_is_refused(street: Street, name: str, field: tuple[str, ...]) -> None:
    shop = api_client(street.bakery)
    request = prepared_in(street.bakery, name)
    body = with_id(request.body, field, theirs(street, KINDS[field[-1]]))

    before = street.fingerprint()
    response = Request(request.method, request.address, body).send(shop)

    assert is_refused(response), response.json()
    assert without_use(street.fingerprint()) == without_use(before)


@pytest.mark.parametrize(("name", "parameter"), FILTERS)
def test_a_foreign_id_in_a_filter_finds_nothing(street: Street, name: str, parameter: str) -> None:
    shop = api_client(street.bakery)
    request = prepared_in(street.bakery, name)

    answer = shop.ask(request.address, **{parameter: theirs(street, KINDS[parameter])})

    assert answer.status_code in {200, 422}
    assert answer.json().get("data", []) == []


def test_there_are_fields_and_filters_to_look_at() -> None:
    assert {("orders_create", ("customer",)), ("orders_create", ("lines", "product"))} <= set(BODY_FIELDS)
    assert {("orders_list", "customer"), ("messages_list", "customer")} <= set(FILTERS)


def with_id(body: Any, field: tuple[str, ...], value: str) -> Any:
    """The body with that id in it; of lists only the first row."""
    changed = {"lines": EXAMPLES["orders_create"]["lines"], **body} if "lines" in field else body
    changed = place = copy.deepcopy(changed)
    for part in field[:-1]:
        if isinstance(place[part], list):
            place[part] = place[part][:1]
            place = place[part][0]
        else:
            place = place[part]
    place[field[-1]] = value
    return changed


def is_refused(response: Any) -> bool:
    """The whole request, or in a batch each of its rows."""
    if response.status_code in {404, 422}:
        return True
    rows = response.json().get("data") or response.json().get("errors") or []
    return bool(rows) and all(row.get("error", row) for row in rows)


def without_use(found: dict[str, str]) -> dict[str, str]:
    """A key notes when it was used last."""
    return {table: value for table, value in found.items() if table != "accounts_apikey"}
