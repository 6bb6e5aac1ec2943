from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import IdempotencyKey, Workspace
from accounts.scope import workspace_scope
from accounts.tasks import forget_old_answers
from crm import api_idempotency
from crm.api_idempotency import claim, stored_as
from customers.actions import add_customer
from customers.api.views import CustomerViewSet
from customers.models import Customer
from tests.api.conftest import ApiClient, api_client
from tests.factories.accounts import WorkspaceFactory


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


def test_a_retry_gets_the_first_answer_and_has_no_effect(shop: ApiClient) -> None:
    first = shop.tell("/customers", {"name": "Anna", "city": "Berlin"}, **keyed("k-1"))
    again = shop.tell("/customers", b'{"city":"Berlin",  "name":"Anna"}', **keyed("k-1"))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/customers", {"name": "Bert"}), ("/customers?x=1", {"name": "Anna"}), ("/customers/batch", {"name": "Anna"})],
)
def test_the_key_of_another_request_is_refused(shop: ApiClient, path: str, body: object) -> None:
    shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    other = shop.tell(path, body, **keyed("k-1"))

    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Customer.objects.count() == 1


def test_a_refusal_is_the_first_answer_too(shop: ApiClient) -> None:
    refused = shop.tell("/customers", {"name": ""}, **keyed("k-1"))
    again = shop.tell("/customers", {"name": ""}, **keyed("k-1"))

    assert (refused.status_code, again.status_code) == (422, 422)
    assert again.content == refused.content
    assert not Customer.objects.exists()


def test_a_failure_of_ours_is_tried_again(shop: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(view: CustomerViewSet, request: HttpRequest) -> HttpResponse:
        add_customer(source="api", name="Written before the failure")
        raise RuntimeError("boom")

    shop.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(CustomerViewSet, "create", fail)
        failed = shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    assert failed.status_code == 500
    assert not IdempotencyKey.objects.exists()
    assert not Customer.objects.exists()
    assert shop.tell("/customers", {"name": "Anna"}, **keyed("k-1")).status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(shop: ApiClient, key: str) -> None:
    response = shop.tell("/customers", {"name": "Anna"}, **keyed(key))

    assert (response.status_code, response.json()["error"]["code"]) == (422, "idempotency_key_invalid")
    assert not Customer.objects.exists()


def test_keys_belong_to_a_workspace(shop: ApiClient, other_shop: ApiClient, other_workspace: Workspace) -> None:
    ours = shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))
    theirs = other_shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert ours.json()["id"] != theirs.json()["id"]
    with workspace_scope(other_workspace):
        assert Customer.objects.count() == 1


def test_another_key_of_the_workspace_does_not_see_the_answer(shop: ApiClient, workspace: Workspace) -> None:
    shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    other = api_client(workspace, scopes=[]).tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_an_erased_answer_is_not_given_again(shop: ApiClient) -> None:
    shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))
    IdempotencyKey.objects.update(body="")

    again = shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))

    assert (again.status_code, again.json()["error"]["code"]) == (410, "answer_erased")
    assert Customer.objects.count() == 1


def test_an_answer_is_kept_for_thirty_days_and_its_effect_for_ever(shop: ApiClient, workspace: Workspace) -> None:
    shop.tell("/customers", {"name": "Anna"}, **keyed("k-old"))
    shop.tell("/customers", {"name": "Bert"}, **keyed("k-new"))
    for key, days in (("k-old", 31), ("k-new", 29)):
        at = timezone.now() - timedelta(days=days)
        IdempotencyKey.objects.filter(key=stored_as(key)).update(created_at=at)

    forget_old_answers.run(workspace)

    assert shop.tell("/customers", {"name": "Anna"}, **keyed("k-old")).status_code == 410
    assert shop.tell("/customers", {"name": "Bert"}, **keyed("k-new")).status_code == 201
    assert Customer.objects.count() == 2


def test_other_methods_ignore_the_key(shop: ApiClient) -> None:
    shop.send("get", "/customers", **keyed("k-1"))

    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_retry_beside_the_first_request_waits_and_then_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_idempotency, "WAIT", "50ms")
    workspace = WorkspaceFactory()
    shop = api_client(workspace)
    claimed, answered = threading.Event(), threading.Event()

    def first() -> None:
        with workspace_scope(workspace):
            claim(stored_as("k-1"), route="/api/v1/customers", fingerprint="f")
            claimed.set()
            answered.wait(10)
        connection.close()

    running = threading.Thread(target=first)
    running.start()
    assert claimed.wait(10)
    try:
        response = shop.tell("/customers", {"name": "Anna"}, **keyed("k-1"))
    finally:
        answered.set()
        running.join()

    assert (response.status_code, response.json()["error"]["code"]) == (409, "idempotency_key_in_progress")
    with workspace_scope(workspace):
        assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_have_one_effect() -> None:
    workspace = WorkspaceFactory()
    shop = api_client(workspace)
    secret = shop.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        for _ in range(5):
            response = ApiClient(secret).tell("/customers", {"name": "Anna"}, **keyed("k-1"))
            answers.append((response.status_code, response.content))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 40
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    with workspace_scope(workspace):
        assert Customer.objects.count() == 1
