"""A database that is there but does not get to it: real locks, real time-outs, and a page or an answer that says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from customers.api.serializers import PREFIX
from customers.models import Customer
from tests.api.conftest import ApiClient, api_client
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.accounts import MembershipFactory, WorkspaceFactory
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
TIME_OUTS = ["lock_timeout", "statement_timeout", "transaction_timeout"]


@pytest.fixture
def bakery() -> Workspace:
    workspace: Workspace = WorkspaceFactory(slug="bakery")
    return workspace


@pytest.fixture
def anna(bakery: Workspace) -> Customer:
    with workspace_scope(bakery):
        customer: Customer = CustomerFactory(name="Anna Berg")
    return customer


@pytest.fixture
def mira(bakery: Workspace) -> Browser:
    browser = signed_in(MembershipFactory(workspace=bakery).user)
    browser.raise_request_exception = False
    return browser


@pytest.fixture
def shop(bakery: Workspace) -> ApiClient:
    client = api_client(bakery)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("time_out", TIME_OUTS)
def test_a_page_that_cannot_get_a_lock_says_so_and_works_once_it_can(
    time_out: str, mira: Browser, anna: Customer, bakery: Workspace
) -> None:
    address = f"/customers/{anna.pk}/archival/"

    with held(anna, bakery), limited(time_out):
        response = mira.post(address)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    page = response.content.decode()
    assert "Somebody else was changing the same thing" in page
    assert "database does not answer" not in page
    assert not is_archived(anna, bakery)
    assert mira.post(address).status_code == 302
    assert is_archived(anna, bakery)


@pytest.mark.parametrize(
    ("time_out", "told"),
    [
        ("lock_timeout", (409, "busy")),
        ("statement_timeout", (503, "timed_out")),
        ("transaction_timeout", (503, "timed_out")),
    ],
)
def test_the_api_says_so_in_its_own_shape(
    time_out: str, told: tuple[int, str], shop: ApiClient, anna: Customer, bakery: Workspace
) -> None:
    address = f"/customers/{encode_id(PREFIX, anna.pk)}"

    with held(anna, bakery), limited(time_out):
        response = shop.change(address, {"name": "Anna Holm"})

    assert (response.status_code, response.json()["error"]["code"]) == told
    assert int(response["Retry-After"]) > 0
    assert shop.ask(address).json()["name"] == "Anna Berg"
    assert shop.change(address, {"name": "Anna Holm"}).status_code == 200


@pytest.mark.parametrize("time_out", ["statement_timeout", "transaction_timeout"])
def test_a_retry_with_the_same_idempotency_key_is_done(
    time_out: str, shop: ApiClient, anna: Customer, bakery: Workspace
) -> None:
    """The time-out is not kept as the answer."""
    lines = [{"description": "Rye loaf", "quantity": 2, "unit_price_minor": 450}]
    order = {"placed_at": "2026-03-02T09:00:00Z", "lines": lines, "customer": encode_id(PREFIX, anna.pk)}
    key = {"headers": {"Idempotency-Key": "order-1"}}

    with held(anna, bakery), limited(time_out):
        failed = shop.tell("/orders", order, **key)
    done = shop.tell("/orders", order, **key)

    assert failed.status_code == 503
    assert done.status_code == 201
    assert "Idempotent-Replayed" not in done


@contextmanager
def held(customer: Customer, workspace: Workspace) -> Iterator[None]:
    """Another transaction is changing the customer."""
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with workspace_scope(workspace), connection.cursor() as cursor:
            cursor.execute("select from customers_customer where id = %s for update", [customer.pk])
            locked.set()
            done.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(30)
    try:
        yield
    finally:
        done.set()
        holder.join()


@contextmanager
def limited(time_out: str) -> Iterator[None]:
    """As if the role had it, for the connection of this thread."""
    with connection.cursor() as cursor:
        cursor.execute(f"set {time_out} = '300ms'")
    try:
        yield
    finally:
        connection.close()


def is_archived(customer: Customer, workspace: Workspace) -> bool:
    with workspace_scope(workspace):
        return Customer.objects.filter(pk=customer.pk, archived_at__isnull=False).exists()
