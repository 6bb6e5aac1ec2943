from __future__ import annotations

from accounts.public_ids import encode_id
from messaging.actions.flows import add_flow, switch_on_flow
from messaging.models import Enrolment, Flow
from tests.api.conftest import ApiClient
from tests.factories.customers import CustomerFactory

WAIT = {"trigger": {"on": "hand"}, "steps": [{"key": "wait", "do": "wait", "days": 1}]}


def address_of(flow: Flow) -> str:
    return f"/flows/{encode_id('flw', flow.pk)}"


def test_flows_are_read_with_what_they_do(shop: ApiClient) -> None:
    add_flow(name="Draft", definition=WAIT)
    on = switch_on_flow(add_flow(name="On", definition=WAIT))

    (only,) = shop.ask("/flows", state="on").json()["data"]

    assert only == shop.ask(address_of(on)).json()
    assert (only["name"], only["version"], only["definition"]) == ("On", 1, WAIT)


def test_customers_come_in_as_often_as_the_policy_says(shop: ApiClient) -> None:
    flow = switch_on_flow(add_flow(name="Hello", definition=WAIT))
    somebody = encode_id("cus", CustomerFactory().pk)

    first = shop.tell(f"{address_of(flow)}/enrolments", {"customers": [somebody]})
    second = shop.tell(f"{address_of(flow)}/enrolments", {"customers": [somebody]})

    assert first.json() == {"entered": [somebody], "held_out": []}
    assert second.json() == {"entered": [], "held_out": []}
    assert Enrolment.objects.count() == 1


def test_nobody_comes_into_a_flow_that_is_not_on_nor_a_stranger_into_one_that_is(shop: ApiClient) -> None:
    draft, on = add_flow(name="Draft", definition=WAIT), switch_on_flow(add_flow(name="On", definition=WAIT))
    somebody = encode_id("cus", CustomerFactory().pk)

    refused = shop.tell(f"{address_of(draft)}/enrolments", {"customers": [somebody]})
    stranger = shop.tell(f"{address_of(on)}/enrolments", {"customers": [encode_id("cus", 999_999)]})

    assert (refused.status_code, stranger.status_code) == (422, 422)
    assert stranger.json()["error"]["param"] == "customers[0]"
    assert not Enrolment.objects.exists()


def test_a_flow_is_switched_off_and_on_again(shop: ApiClient) -> None:
    flow = switch_on_flow(add_flow(name="Hello", definition=WAIT))
    shop.tell(f"{address_of(flow)}/enrolments", {"customers": [encode_id("cus", CustomerFactory().pk)]})

    off = shop.tell(f"{address_of(flow)}/switch", {"is_on": False, "inside": "leave"})
    on = shop.tell(f"{address_of(flow)}/switch", {"is_on": True})

    assert (off.json()["state"], on.json()["state"]) == ("off", "on")
    assert Enrolment.objects.get().reason == "switched_off"
