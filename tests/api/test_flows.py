from __future__ import annotations

from typing import Any

import pytest

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from messaging.actions import add_default_topics, add_template
from messaging.actions.flows import add_flow, enrol_by_hand, switch_on_flow
from messaging.models import Enrolment, Flow, FlowVersion
from tests.api.conftest import ApiClient, api_client
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

    assert (refused.status_code, stranger.status_code) == (409, 422)
    assert stranger.json()["error"]["param"] == "customers[0]"
    assert not Enrolment.objects.exists()


def test_a_flow_is_switched_off_and_on_again(shop: ApiClient) -> None:
    flow = switch_on_flow(add_flow(name="Hello", definition=WAIT))
    shop.tell(f"{address_of(flow)}/enrolments", {"customers": [encode_id("cus", CustomerFactory().pk)]})

    off = shop.tell(f"{address_of(flow)}/switch", {"is_on": False, "inside": "leave"})
    on = shop.tell(f"{address_of(flow)}/switch", {"is_on": True})

    assert (off.json()["state"], on.json()["state"]) == ("off", "on")
    assert Enrolment.objects.get().reason == "switched_off"


LETTER = {"key": "letter", "do": "send", "template": "", "topic": "newsletter"}


def letter() -> dict[str, Any]:
    version = add_template(name="A word", subject="Hello", body="Good to see you.")
    return {**LETTER, "template": encode_id("tpl", version.template_id)}


def by_hand(*steps: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"trigger": {"on": "hand"}, "steps": list(steps), **rest}


def test_a_flow_is_written_changed_launched_and_put_away(shop: ApiClient) -> None:
    add_default_topics()
    words = by_hand(letter(), holdout_percent=10)

    made = shop.tell("/flows", {"name": "Hello", "definition": words})
    address = f"/flows/{made.json()['id']}"
    assert (made.status_code, made.json()["state"], made.json()["definition"]) == (201, "draft", words)

    longer = by_hand({"key": "wait", "do": "wait", "days": 1}, words["steps"][0])
    changed = shop.change(address, {"definition": longer, "based_on": 1}).json()
    assert (changed["name"], changed["version"], changed["definition"]) == ("Hello", 2, longer)
    assert shop.change(address, {"name": "Hi", "definition": longer}).json()["version"] == 2
    assert shop.tell(f"{address}/switch", {"is_on": True}).json()["state"] == "on"
    assert Flow.objects.get().name == "Hi"

    assert shop.remove(address).json()["archived_at"]
    assert shop.change(address, {"name": "Again"}).status_code == 409
    assert shop.tell(f"{address}/switch", {"is_on": True}).status_code == 409


def test_who_is_on_the_way_keeps_the_version_that_they_entered_under(shop: ApiClient) -> None:
    flow = switch_on_flow(add_flow(name="Hello", definition=WAIT))
    enrol_by_hand(flow, [CustomerFactory().pk])

    shop.change(address_of(flow), {"definition": by_hand({"key": "other", "do": "wait", "days": 2})})

    assert Enrolment.objects.get().version.number == 1
    assert FlowVersion.objects.count() == 2


def test_of_two_who_change_a_flow_the_second_is_told(shop: ApiClient) -> None:
    flow = add_flow(name="Hello", definition=WAIT)
    first = shop.change(address_of(flow), {"definition": by_hand({"key": "a", "do": "wait", "days": 2}), "based_on": 1})
    second = shop.change(address_of(flow), {"definition": WAIT, "based_on": 1})

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["error"]["param"] == "based_on"
    assert shop.ask(address_of(flow)).json() == first.json()


def test_sent_twice_under_one_key_it_is_made_once(shop: ApiClient) -> None:
    body = {"name": "Hello", "definition": WAIT}

    answers = [shop.tell("/flows", body, headers={"Idempotency-Key": "hello-1"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Flow.objects.count() == 1
    again = shop.tell("/flows", body)
    assert (again.status_code, again.json()["error"]["param"]) == (409, "name")


def fork(*then: dict[str, Any]) -> dict[str, Any]:
    return {"key": "fork", "do": "split", "percent": 50, "then": list(then), "else": []}


TAG = {"key": "tag", "do": "tag", "tag": "seen"}
NO_FIELD = {"match": "all", "rules": [{"field": "shoe_size", "is": "equals", "value": 42}]}


@pytest.mark.parametrize(
    ("definition", "param"),
    [
        (7, "definition"),
        ({"trigger": {"on": []}, "steps": [{"key": "w", "do": "wait", "days": 1}]}, "definition.trigger"),
        ({"trigger": {"on": "hand"}, "steps": []}, "definition.steps"),
        (by_hand({"key": "w", "do": {}}), "definition.steps[0].do"),
        (by_hand({"key": "w", "do": "wait"}), "definition.steps[0].days"),
        # A circle; nobody gets past the step before; nowhere to go; somebody might wait for ever.
        (by_hand({**TAG, "key": "a"}, {"key": "b", "do": "go_to", "step": "a"}), "definition.steps[1].step"),
        (by_hand({"key": "a", "do": "exit"}, TAG), "definition.steps[1].do"),
        (by_hand(fork({"key": "b", "do": "go_to", "step": "z"})), "definition.steps[0].then[0].step"),
        (by_hand({"key": "a", "do": "wait_for", "event": "OrderPlaced"}), "definition.steps[0].days"),
        # What is not there.
        (by_hand(LETTER | {"template": "tpl_none"}), "definition.steps[0].template"),
        (by_hand({"key": "a", "do": "wait_for", "event": "CakeBaked", "days": 1}), "definition.steps[0].event"),
        (by_hand({"key": "a", "do": "update", "field": "shoe_size", "value": 42}), "definition.steps[0].value"),
        (by_hand(fork({"key": "b", "do": "branch", "if": NO_FIELD})), "definition.steps[0].then[0].if"),
        (by_hand(fork(), filter=NO_FIELD), "definition.filter"),
        (by_hand(fork(), holdout_percent=51), "definition.holdout_percent"),
        ({**by_hand(fork()), "trigger": {"on": "event", "event": "FlowEntered"}}, "definition.trigger"),
    ],
)  # fmt: skip
def test_what_can_not_be_carried_out_is_refused_where_it_stands(shop: ApiClient, definition: Any, param: str) -> None:
    add_default_topics()
    flow = add_flow(name="Hello", definition=WAIT)

    made = shop.tell("/flows", {"name": "Other", "definition": definition})
    changed = shop.change(address_of(flow), {"definition": definition})
    checked = shop.tell("/flows/check", {"definition": definition})

    for answer in (made, changed):
        assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert checked.status_code == 200
    assert param in [problem["param"] for problem in checked.json()["problems"]]
    assert FlowVersion.objects.count() == 1


def test_a_check_says_all_that_is_wrong_and_keeps_nothing(shop: ApiClient) -> None:
    add_default_topics()
    wrong = by_hand(LETTER | {"template": "tpl_none", "topic": "shoes"}, {"key": "t", "do": "tag", "tag": ""})

    problems = shop.tell("/flows/check", {"definition": wrong}).json()["problems"]
    assert [(each["step"], each["param"]) for each in problems] == [("t", "definition.steps[1].tag")]
    right = {**wrong, "steps": wrong["steps"][:1]}
    assert [each["param"] for each in shop.tell("/flows/check", {"definition": right}).json()["problems"]] == [
        "definition.steps[0].template",
        "definition.steps[0].topic",
    ]
    assert shop.tell("/flows/check", {"definition": WAIT}).json() == {"problems": []}
    assert not Flow.objects.exists()


def test_what_another_workspace_has_is_not_there(shop: ApiClient, other_workspace: Workspace) -> None:
    add_default_topics()
    with workspace_scope(other_workspace):
        theirs = letter()
        flow = add_flow(name="Hello", definition=WAIT)

    refused = shop.tell("/flows", {"name": "Hello", "definition": by_hand(theirs)})

    assert refused.json()["error"]["param"] == "definition.steps[0].template"
    assert shop.change(address_of(flow), {"name": "Mine"}).status_code == 404
    assert shop.remove(address_of(flow)).status_code == 404


def test_a_key_that_writes_may_not_switch_on_nor_one_that_does_write(workspace: Workspace) -> None:
    flow = add_flow(name="Hello", definition=WAIT)
    writer = api_client(workspace, scopes=[ApiScope.FLOWS_WRITE])
    sender = api_client(workspace, scopes=[ApiScope.FLOWS_SEND])

    assert writer.tell(f"{address_of(flow)}/switch", {"is_on": True}).status_code == 403
    assert writer.tell(f"{address_of(flow)}/enrolments", {"customers": ["cus_UkLWZg9D"]}).status_code == 403
    assert sender.change(address_of(flow), {"name": "Mine"}).status_code == 403
    assert sender.tell(f"{address_of(flow)}/switch", {"is_on": True}).json()["state"] == "on"
