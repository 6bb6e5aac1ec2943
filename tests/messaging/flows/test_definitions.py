"""What can't be carried out is refused when it is saved, at its step; and what a wait means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from messaging.actions.flows import add_flow, change_flow, switch_on_flow
from messaging.flows.definitions import FlowRefused
from messaging.flows.waits import end_of_wait
from messaging.models import Flow, Template
from messaging.refusals import FlowChangedMeanwhile, FlowNotReady
from tests.client import Browser
from tests.messaging.flows.conftest import Story, tag, wait

TRIGGER = {"on": "event", "event": "CartUpdated"}
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def go_to(key: str, step: str) -> dict[str, Any]:
    return {"key": key, "do": "go_to", "step": step}


WRONG: list[tuple[Any, str, str]] = [
    ([], "", "steps"),
    ([{"key": "a", "do": "dance"}], "a", "do"),
    ([tag("a"), tag("a")], "a", "key"),
    ([wait("a")], "a", "days"),
    ([wait("a", days=-1)], "a", "days"),
    ([wait("a", at="25:00")], "a", "at"),
    ([{"key": "a", "do": "wait_for", "event": "OrderPlaced"}], "a", "days"),
    ([{"key": "a", "do": "wait_for", "event": "NoSuchThing", "days": 1}], "a", "event"),
    ([{"key": "a", "do": "send", "template": "tpl_nothing", "topic": "newsletter"}], "a", "template"),
    ([{"key": "a", "do": "update", "field": "attribute.nothing", "value": "x"}], "a", "value"),
    ([{"key": "a", "do": "notify", "member": "x@y.example", "subject": "s", "text": "t"}], "a", "member"),
    ([{"key": "a", "do": "branch", "message": {"was": "opened"}}], "a", "message"),
    ([{"key": "a", "do": "branch", "if": {"match": "all", "rules": []}}], "a", "if"),
    ([{"key": "a", "do": "split", "percent": 100}], "a", "percent"),
    ([tag("a"), go_to("b", "a")], "b", "step"),
    ([go_to("a", "nowhere")], "a", "step"),
    ([{"key": "a", "do": "exit"}, tag("b")], "b", "do"),
    ([tag("a") | {"sudo": 1}], "a", "sudo"),
]


@pytest.mark.parametrize(("steps", "at", "part"), WRONG)
def test_a_step_that_cannot_be_carried_out_is_named(story: Story, steps: Any, at: str, part: str) -> None:
    with pytest.raises(FlowRefused) as refused:
        add_flow(name="Wrong", definition={"trigger": TRIGGER, "steps": steps})

    assert (at, part) in {(fault.step, fault.part) for fault in refused.value.faults}
    assert not Flow.objects.exists()


@pytest.mark.parametrize("wrong", ["\0", "\ud800", float("nan")])
def test_what_no_database_keeps_is_refused_and_what_was_typed_stays(
    story: Story, owner_browser: Browser, wrong: object
) -> None:
    trigger = TRIGGER | {"where": {"kind": wrong}}
    written = json.dumps({"trigger": trigger, "steps": [tag("a")]})

    page = owner_browser.post("/messages/flows/new/", {"name": "Wrong", "definition": written})

    assert page.status_code == 422
    assert page.context["form"]["definition"].value() == written
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    ("rest", "part"),
    [
        ({"trigger": {"on": "moon"}}, "trigger"),
        ({"trigger": {"on": "event", "event": "FlowCompleted"}}, "trigger"),
        ({"trigger": {"on": "segment", "segment": "seg_nothing"}}, "trigger"),
        ({"trigger": {"on": "date", "of": "attribute.nothing"}}, "trigger"),
        ({"filter": {"match": "all", "rules": [{"field": "attribute.gone", "is": "is_known"}]}}, "filter"),
        ({"exits": [{"left": "seg_nothing"}]}, "exits[0]"),
        ({"goal": {"event": "NoSuchThing"}}, "goal"),
        ({"reentry": {"policy": "cooldown"}}, "reentry"),
        ({"elsewhere": 1}, "definition"),
    ],
)
def test_so_is_what_begins_and_ends_it(story: Story, rest: dict[str, Any], part: str) -> None:
    with pytest.raises(FlowRefused) as refused:
        add_flow(name="Wrong", definition={"trigger": TRIGGER, "steps": [tag("a")], **rest})

    assert part in {fault.part for fault in refused.value.faults}


def test_everything_that_is_wrong_is_said_at_once(story: Story) -> None:
    with pytest.raises(FlowRefused) as refused:
        add_flow(name="Wrong", definition={"trigger": TRIGGER, "steps": [wait("a"), wait("b", at="9")]})

    assert {fault.step for fault in refused.value.faults} == {"a", "b"}


def test_of_two_who_change_a_flow_the_second_is_told(story: Story) -> None:
    flow = story.flow(tag("a"), is_on=False)
    change_flow(flow, name="Flow 1", definition={"trigger": TRIGGER, "steps": [tag("b")]}, based_on=1)

    with pytest.raises(FlowChangedMeanwhile) as refused:
        change_flow(flow, name="Flow 1", definition={"trigger": TRIGGER, "steps": [tag("c")]}, based_on=1)
    assert refused.value.number == 2

    again = change_flow(flow, name="Flow 1", definition={"trigger": TRIGGER, "steps": [tag("c")]}, based_on=2)
    assert again.current is not None
    assert again.current.number == 3


def test_a_flow_whose_text_is_gone_is_not_switched_on(story: Story) -> None:
    flow = story.flow(story.send(), is_on=False)
    Template.objects.update(archived_at=datetime(2024, 1, 1, tzinfo=UTC))

    with pytest.raises(FlowNotReady):
        switch_on_flow(flow)


@pytest.mark.parametrize(
    ("params", "since", "zone", "until"),
    [
        ({"days": 1}, "2024-03-30 10:00", BERLIN, "2024-03-31 10:00"),
        ({"days": 1, "at": "09:00"}, "2024-03-30 10:00", BERLIN, "2024-03-31 07:00"),
        ({"at": "02:30"}, "2024-03-30 10:00", BERLIN, "2024-03-31 01:00"),
        ({"at": "02:30"}, "2024-10-26 10:00", BERLIN, "2024-10-27 00:30"),
        ({"at": "09:00"}, "2024-05-03 07:00", BERLIN, "2024-05-03 07:00"),
        ({"at": "09:00"}, "2024-05-03 07:01", BERLIN, "2024-05-04 07:00"),
        ({"at": "09:00"}, "2024-05-03 07:01", NEW_YORK, "2024-05-03 13:00"),
        ({"on": ["mon"], "at": "09:00"}, "2024-05-03 10:00", BERLIN, "2024-05-06 07:00"),
        ({"on": ["fri"]}, "2024-05-03 10:00", BERLIN, "2024-05-03 10:00"),
        ({"hours": 20, "on": ["mon"]}, "2024-05-03 10:00", BERLIN, "2024-05-05 22:00"),
    ],
)
def test_a_wait_ends_on_the_clock_of_whoever_waits(
    params: dict[str, Any], since: str, zone: ZoneInfo, until: str
) -> None:
    begun = datetime.fromisoformat(since).replace(tzinfo=UTC)

    assert end_of_wait(params, begun, zone) == datetime.fromisoformat(until).replace(tzinfo=UTC)
