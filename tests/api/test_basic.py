"""The key as Segment's libraries send it: the user name of HTTP Basic, without a password."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from accounts.api_keys import ApiScope
from accounts.models import ApiKey, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from sales.api import ingest
from tests.api.conftest import ApiClient
from tests.api.test_errors import error_of
from tests.factories.api_keys import make_api_key
from timeline.models import Event

CALLS: dict[str, dict[str, Any]] = {
    "identify": {"userId": "7", "traits": {"name": "Anna Berg"}},
    "track": {"userId": "7", "event": "Trial Started"},
    "page": {"anonymousId": "a-1", "name": "Rye"},
    "alias": {"userId": "7", "previousId": "a-1"},
    "batch": {"batch": [{"type": "track", "userId": "7", "event": "Trial Started"}]},
}


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def send(path: str, body: Any, headers: dict[str, str]) -> Any:
    return ApiClient().tell(path, body, headers=headers)


def test_every_ingestion_call_is_in_the_list() -> None:
    assert CALLS.keys() == ingest.VIEWS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_an_ingestion_call_takes_it(name: str, workspace: Workspace) -> None:
    secret = make_api_key(workspace)

    response = send(f"/{name}", CALLS[name], basic(secret))

    assert response.status_code == 202
    assert int(response["RateLimit-Remaining"]) >= 0
    assert {event.actor for event in Event.objects.all()} == {f"key:{ApiKey.objects.get().pk}"}
    assert ApiKey.objects.get().last_used_at is not None


def test_it_opens_its_own_workspace_only(workspace: Workspace, other_workspace: Workspace) -> None:
    send("/identify", CALLS["identify"], basic(make_api_key(other_workspace)))

    assert not Customer.objects.exists()
    with workspace_scope(other_workspace):
        assert Customer.objects.get().name == "Anna Berg"


@pytest.mark.parametrize("path", ["/customers", "/orders", "/consents", "/identify/", "/docs", "/customers/identify"])
def test_nothing_else_takes_it(path: str, workspace: Workspace) -> None:
    response = send(path, {}, basic(make_api_key(workspace)))

    assert error_of(response) == (401, "invalid_api_key")
    assert response["WWW-Authenticate"] == 'Bearer realm="Rapport API"'


def test_what_is_no_key_is_refused(workspace: Workspace) -> None:
    secret = make_api_key(workspace)
    wrong = ["", "Basic", "Basic !", "Basic /w==", "Basic cms6", f"Basic {secret}"]
    refused = [{"Authorization": each} for each in wrong]
    refused += [basic(secret, "password"), basic("", secret), basic(f" {secret}"), basic(f"{secret}\0")]

    for headers in refused:
        response = send("/track", CALLS["track"], headers)
        assert error_of(response) in {(401, "invalid_api_key"), (401, "missing_api_key")}
    assert not Event.objects.exists()


def test_a_revoked_key_and_one_without_the_scope_are_refused(workspace: Workspace) -> None:
    reader, revoked = make_api_key(workspace, scopes=[ApiScope.CUSTOMERS_READ]), make_api_key(workspace)
    ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(revoked_at="2026-01-01T00:00Z")

    assert error_of(send("/track", CALLS["track"], basic(reader))) == (403, "missing_scope")
    assert error_of(send("/track", CALLS["track"], basic(revoked))) == (401, "invalid_api_key")


def test_a_retry_may_come_the_other_way(workspace: Workspace) -> None:
    secret, key = make_api_key(workspace), {"Idempotency-Key": "call-1"}

    first = send("/track", CALLS["track"], basic(secret) | key)
    again = send("/track", CALLS["track"], {"Authorization": f"Bearer {secret}"} | key)

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
