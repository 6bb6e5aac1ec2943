from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from accounts.actions import create_api_key, revoke_api_key
from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.rest.errors import ERROR_CODES
from customers.actions import add_customer
from customers.api.views import CustomerViewSet
from customers.models import Customer
from tests.api.conftest import PREFIX, ApiClient, api_client

SHAPE = {"type", "code", "message", "param", "doc_url"}


def error_of(response: Any) -> tuple[int, str]:
    body = json.loads(response.content)
    assert set(body) == {"error"}
    assert set(body["error"]) == SHAPE
    code = body["error"]["code"]
    assert ERROR_CODES[code].status == response.status_code
    assert body["error"]["type"] == ERROR_CODES[code].type
    assert body["error"]["doc_url"].endswith(f"/api/v1/docs/errors#{code}")
    assert response["Content-Type"] == "application/json"
    return response.status_code, code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "missing_api_key"),
        ("Bearer", "invalid_api_key"),
        ("Bearer rk_wrong", "invalid_api_key"),
        ("Basic cms6", "invalid_api_key"),
        ("Bearer \x00", "invalid_api_key"),
    ],
)
def test_without_a_usable_key_nothing_is_answered(authorization: str, code: str) -> None:
    stranger = ApiClient()
    for address in ("/customers", "/nothing", "/customers/cus_1", "/"):
        response = stranger.send("get", address, headers={"Authorization": authorization})
        assert error_of(response) == (401, code)
        assert response["WWW-Authenticate"] == 'Bearer realm="Rapport API"'


def test_a_revoked_key_stops_at_once(workspace: Workspace) -> None:
    key, secret = create_api_key(name="Shop", scopes=[ApiScope.CUSTOMERS_READ])
    program = ApiClient(secret)

    assert program.ask("/customers").status_code == 200
    revoke_api_key(key)
    assert error_of(program.ask("/customers")) == (401, "invalid_api_key")


@pytest.mark.usefixtures("workspace")
def test_a_program_gets_no_cookie_and_an_answer_in_which_nothing_may_run(shop: ApiClient) -> None:
    for response in (shop.ask("/customers"), ApiClient().ask("/customers")):
        assert not response.cookies
        assert "Vary" not in response
        assert response["Content-Length"] == str(len(response.content))
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_host_that_is_not_ours_is_refused(shop: ApiClient, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["crm.bakery.example"]

    assert error_of(shop.ask("/customers")) == (400, "bad_request")


def test_a_key_does_only_what_its_scopes_say(workspace: Workspace) -> None:
    reader = api_client(workspace, scopes=[ApiScope.CUSTOMERS_READ])
    stranger = api_client(workspace, scopes=[])

    assert reader.ask("/customers").status_code == 200
    refused = reader.tell("/customers", {"name": "Anna"})
    assert error_of(refused) == (403, "missing_scope")
    assert "customers:write" in refused.json()["error"]["message"]
    assert error_of(stranger.ask("/customers")) == (403, "missing_scope")
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "address", ["/nothing", "/", "", "/customers/", "/customers/cus_%00", "/customers/ord_UkLWZg9D"]
)
def test_an_unknown_address_is_not_found(shop: ApiClient, address: str) -> None:
    assert error_of(shop.ask(address)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "address"), [("put", "/customers"), ("options", "/customers"), ("delete", "/customers")]
)
def test_a_method_that_is_not_taken_says_which_are(shop: ApiClient, method: str, address: str) -> None:
    response = shop.send(method, address)

    assert error_of(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"


def test_another_media_type_is_refused(shop: ApiClient) -> None:
    form = shop.post(f"{PREFIX}/customers", {"name": "Anna"})
    zipped = shop.tell("/customers", b"x", headers={"Content-Encoding": "gzip"})

    assert error_of(form) == (415, "unsupported_media_type")
    assert error_of(zipped) == (415, "unsupported_media_type")
    assert error_of(shop.send("get", "/customers", headers={"Accept": "text/html"})) == (406, "not_acceptable")


def test_a_body_that_is_too_large_is_refused_unread(shop: ApiClient, settings: object) -> None:
    response = shop.tell("/customers", b'{"name": "' + b"A" * 2_600_000 + b'"}')

    assert error_of(response) == (413, "body_too_large")
    assert "2,500,000" in response.json()["error"]["message"]


def test_a_body_in_chunks_is_refused(shop: ApiClient) -> None:
    response = shop.generic("POST", f"{PREFIX}/customers", headers={"Transfer-Encoding": "chunked"})

    assert error_of(response) == (400, "bad_request")


def _failing(view: CustomerViewSet, request: HttpRequest) -> HttpResponse:
    add_customer(source="api", name="Written before the failure")
    raise RuntimeError("boom")


def test_a_failure_of_ours_leaves_no_row_and_tells_nothing(shop: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CustomerViewSet, "list", _failing)
    shop.raise_request_exception = False

    response = shop.ask("/customers")

    assert error_of(response) == (500, "internal_error")
    assert "boom" not in response.content.decode()
    assert not Customer.objects.exists()


def test_a_view_that_wrote_and_then_refuses_leaves_no_row(shop: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_refuse(view: CustomerViewSet, request: HttpRequest) -> HttpResponse:
        add_customer(source="api", name="Written before the refusal")
        return view.retrieve(request, "cus_nobody")  # type: ignore[arg-type]

    monkeypatch.setattr(CustomerViewSet, "create", write_and_refuse)

    assert error_of(shop.tell("/customers", {"name": "Anna"})) == (404, "not_found")
    assert not Customer.objects.exists()


def test_messages_are_in_english_whatever_is_accepted(shop: ApiClient) -> None:
    response = shop.send("get", "/customers?limit=many", headers={"Accept-Language": "de"})

    assert response.json()["error"]["message"] == "A valid integer is required."


def test_the_connection_is_usable_after_a_refusal(shop: ApiClient) -> None:
    shop.tell("/customers", {"name": "Anna", "email": "a@mail.example"})
    shop.tell("/customers", {"name": "Anna", "email": "a@mail.example"})

    with connection.cursor() as cursor:
        cursor.execute("select 1")
    assert Customer.objects.count() == 1
