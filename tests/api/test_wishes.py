"""How often customers want to be written to, through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from customers.actions import erase_customer, merge_customers
from customers.models import Customer
from messaging import actions
from messaging.models import ContactWish
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory
from timeline.models import Event


@pytest.fixture
def anna(workspace: Workspace) -> Customer:
    made: Customer = CustomerFactory()
    return made


def of(customer: Customer) -> str:
    return f"/customers/{encode_id('cus', customer.pk)}/wish"


def read(client: ApiClient, customer: Customer) -> Any:
    return client.send("get", of(customer)).json()


def told() -> list[str]:
    wishes = ("MessagesPaused", "PauseEnded", "LessOftenChosen", "LessOftenEnded")
    return list(Event.objects.filter(kind__in=wishes).order_by("pk").values_list("kind", flat=True))


def test_a_wish_is_read_passed_on_and_taken_back(shop: ApiClient, anna: Customer) -> None:
    nothing = {"customer": encode_id("cus", anna.pk), "paused_until": None, "less_often": False}
    assert read(shop, anna) == nothing
    until = (timezone.now() + timedelta(days=40)).replace(microsecond=0)

    for _ in range(2):
        answer = shop.send("patch", of(anna), {"paused_until": until.isoformat(), "less_often": True})
        assert answer.json() == {**nothing, "paused_until": f"{until:%Y-%m-%dT%H:%M:%SZ}", "less_often": True}
    assert read(shop, anna) == answer.json()
    assert told() == ["MessagesPaused", "LessOftenChosen"]
    assert Event.objects.filter(kind="MessagesPaused", actor__startswith="key:").exists()

    assert shop.send("patch", of(anna), {"paused_until": None}).json()["less_often"] is True
    assert shop.send("patch", of(anna), {"less_often": False}).json() == nothing
    assert told() == ["MessagesPaused", "LessOftenChosen", "PauseEnded", "LessOftenEnded"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"paused_until": "2020-01-01T00:00:00Z"}, "paused_until"),
        ({"paused_until": "2199-01-01T00:00:00Z"}, "paused_until"),
        ({"less_often": "yes"}, "less_often"),
        ({"less_often": True, "paused": True}, "paused"),
    ],
)
def test_what_can_not_be_wished_changes_nothing(
    shop: ApiClient, anna: Customer, body: dict[str, Any], field: str
) -> None:
    answer = shop.send("patch", of(anna), body)

    assert answer.json()["error"]["param"] == field
    assert not ContactWish.objects.exists()


def test_after_a_merge_the_survivor_answers_and_an_erased_customer_is_not_there(
    shop: ApiClient, anna: Customer
) -> None:
    double = CustomerFactory()
    actions.write_less_often(double)
    merge_customers(survivor=anna, absorbed=double)

    assert read(shop, double) == {
        "customer": encode_id("cus", anna.pk),
        "paused_until": None,
        "less_often": True,
    }
    erase_customer(anna)
    assert [shop.send("get", of(each)).status_code for each in (anna, double)] == [404, 404]


def test_reading_and_passing_on_are_two_scopes(workspace: Workspace, anna: Customer) -> None:
    reader = api_client(workspace, scopes=[ApiScope.CUSTOMERS_READ])
    writer = api_client(workspace, scopes=[ApiScope.CONSENTS_WRITE])

    assert reader.send("get", of(anna)).status_code == 200
    assert reader.send("patch", of(anna), {"less_often": True}).status_code == 403
    assert writer.send("get", of(anna)).status_code == 403
    assert writer.send("patch", of(anna), {"less_often": True}).status_code == 200
