"""The schema says what the API does: every operation is in it, and each of its examples works."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from accounts.models import Workspace
from accounts.rest.errors import ERROR_CODES
from accounts.scope import workspace_scope
from crm.openapi.examples import EXAMPLES
from tests.api.conftest import ApiClient
from tests.api.operations import OPERATIONS, SCHEMA, prepared, resolved
from tests.client import Browser


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_described(name: str) -> None:
    method, _, operation = OPERATIONS[name]

    assert operation["summary"]
    assert operation["tags"][0] in {tag["name"] for tag in SCHEMA["tags"]}
    assert "Scope: `" in operation["description"]
    assert {"400", "401", "403", "429"} <= set(operation["responses"])
    assert any(status.startswith("2") for status in operation["responses"])
    assert "Subclasses" not in operation["description"]
    if body := operation.get("requestBody"):
        assert body["content"]["application/json"]["example"] == EXAMPLES[name]
    if method == "post":
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}


def test_every_example_is_of_an_operation() -> None:
    assert set(EXAMPLES) == {name for name, (_, _, operation) in OPERATIONS.items() if "requestBody" in operation}


def test_every_error_code_is_described() -> None:
    codes = SCHEMA["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
    assert codes == list(ERROR_CODES)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_answers_as_it_is_described(shop: ApiClient, name: str) -> None:
    """With its example, on an object of its own; the placeholders of ids become real ones."""
    operation = OPERATIONS[name][2]

    response = prepared(name).send(shop)

    assert str(response.status_code) in {status for status in operation["responses"] if status.startswith("2")}
    answer = response.json()
    assert answer.get("errors", []) == []
    assert [row["error"] for row in answer.get("data", ()) if row.get("error")] == []
    described = operation["responses"][str(response.status_code)]["content"]["application/json"]["schema"]
    properties = resolved(described)["properties"]
    assert set(answer) == {field for field, schema in properties.items() if not schema.get("writeOnly")}


def test_the_schema_and_its_pages_need_no_key(client: Any, db: None) -> None:
    browser = Browser()

    schema = browser.get("/api/v1/schema")
    assert schema["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(schema.content) == SCHEMA
    page = browser.get("/api/v1/docs/").content.decode()
    assert 'data-schema="/api/v1/schema"' in page
    errors = browser.get("/api/v1/docs/errors").content.decode()
    assert [code for code in ERROR_CODES if f'id="{code}"' not in errors] == []
    assert browser.post("/api/v1/docs/").status_code == 405


def test_another_workspace_s_people_are_not_told_of(
    shop: ApiClient, other_shop: ApiClient, other_workspace: Workspace
) -> None:
    """The same ids in two workspaces are two people."""
    shop.tell("/identify", EXAMPLES["identify"])

    assert other_shop.tell("/alias", EXAMPLES["alias"]).json()["accepted"] == 1
    with workspace_scope(other_workspace):
        theirs = other_shop.ask("/customers").json()["data"]
    assert [customer["name"] for customer in theirs] == [""]
    assert len(shop.ask("/customers").json()["data"]) == 1
