"""How fast the relay, a domain and a workspace get their turns."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.conf import LazySettings
from django.core.cache import cache
from django.db import transaction

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.models import Message
from messaging.sending import pace
from messaging.sending.rounds import send_due
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import later, row, states
from tests.relay import Relay

MORNING = "2026-03-02T09:00:00Z"


@pytest.fixture
def nobody_counts(settings: LazySettings) -> None:
    """Valkey is away."""
    default = settings.CACHES["default"]
    settings.CACHES = {"default": default | {"LOCATION": "redis://127.0.0.1:1/0"}}


def test_without_a_rate_all_may_go() -> None:
    assert pace.take("relay", 1000, rate=0) == 1000
    assert pace.take("relay", 0, rate=5) == 0


def test_a_rate_is_shared_by_all_within_each_second() -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        assert [pace.take("relay", 6, rate=10) for _ in range(3)] == [6, 4, 0]
        assert pace.take("mail.example", 6, rate=10) == 6
        clock.shift(1)
        assert pace.take("relay", 6, rate=10) == 6


def test_what_was_taken_and_not_needed_is_there_for_others_in_the_same_second() -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        taken_at = time.time()
        assert pace.take("relay", 10, rate=10) == 10
        pace.give_back("relay", 7, taken_at=taken_at, rate=10)
        assert [pace.take("relay", 6, rate=10) for _ in range(3)] == [6, 1, 0]
        clock.shift(1)
        assert pace.take("relay", 10, rate=10) == 10
        pace.give_back("relay", 3, taken_at=taken_at, rate=10)
        assert pace.take("relay", 1, rate=10) == 0


def test_each_pause_is_twice_as_long_until_something_is_taken() -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        pauses = []
        for _ in range(8):
            pauses.append(pace.pause("relay"))
            assert pace.paused_for("relay") == pauses[-1]
            clock.shift(pauses[-1])
        assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
        assert pace.pause("relay") == 300
        clock.shift(299)
        assert pace.paused_for("relay") == 1
        pace.resume("relay")
        assert (pace.paused_for("relay"), pace.pause("relay")) == (0, 5)


def test_the_same_trouble_met_by_several_workers_is_one() -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        assert [pace.pause("relay") for _ in range(6)] == [5] * 6
        clock.shift(5)
        assert pace.pause("relay") == 10


def test_only_those_that_are_paused_are_named() -> None:
    with time_machine.travel(MORNING, tick=False):
        pace.pause("slow.example")

        assert pace.pauses_of(["slow.example", "mail.example"]) == {"slow.example": 5}


@pytest.mark.usefixtures("nobody_counts")
def test_when_nobody_can_count_messages_go_slowly_instead_of_not_at_all() -> None:
    assert pace.take("relay", 50, rate=10) == 10
    assert pace.pause("relay") == 5
    assert pace.paused_for("relay") == 0
    pace.resume("relay")


def test_a_round_claims_no_more_than_the_relay_takes_a_second(
    workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    settings.SMTP_RATE = 4
    for _ in range(10):
        MessageFactory()

    with time_machine.travel(MORNING, tick=False) as clock:
        Message.objects.update(not_before=MORNING)
        first, second = send_due(workspace), send_due(workspace)
        clock.shift(1)
        third = send_due(workspace)

    assert [(done.claimed, done.sent, done.wait) for done in (first, second, third)] == [
        (4, 4, 0),
        (0, 0, 1),
        (4, 4, 0),
    ]
    assert len(relay.received) == 8


def test_a_workspace_with_little_to_send_leaves_the_rest_of_the_second_to_others(
    workspace: Workspace, other_workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    settings.SMTP_RATE = 4
    with time_machine.travel(MORNING, tick=False):
        ours = MessageFactory(not_before=MORNING)
        with workspace_scope(other_workspace):
            for _ in range(5):
                MessageFactory(not_before=MORNING)

        turns = [send_due(each).sent for each in (workspace, workspace, other_workspace, other_workspace)]

    assert turns == [1, 0, 3, 0]
    assert states(ours) == ["sent"]


def test_a_domains_rate_holds_back_its_own_messages_only(
    workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    settings.SMTP_DOMAIN_RATE = 2
    crowd = [MessageFactory(customer=CustomerFactory(email=f"{n}@crowd.example")) for n in range(5)]
    other = MessageFactory()

    done = send_due(workspace)

    assert done.sent == 3
    assert states(*crowd, other) == ["sent", "sent", "queued", "queued", "queued", "sent"]
    assert row(crowd[4]) == ("queued", "", 0)
    cache.clear()
    later()
    assert send_due(workspace).sent == 2


def test_a_large_queue_gives_the_next_workspace_its_turn(
    workspace: Workspace, other_workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    settings.MESSAGE_CHUNK = 5
    crowd = [MessageFactory() for _ in range(12)]
    with workspace_scope(other_workspace):
        urgent = MessageFactory()
    turns: list[str] = []

    with transaction.atomic():
        turns += ["bakery"] * send_due(workspace, on_more=lambda: turns.append("bakery wants more")).claimed
        turns += ["florist"] * send_due(other_workspace, on_more=lambda: turns.append("florist wants more")).claimed

    assert turns == ["bakery wants more", *["bakery"] * 5, "florist"]
    assert relay.recipients == sorted([*(message.address for message in crowd[:5]), urgent.address])


def test_a_pause_of_the_relay_holds_for_every_workspace(
    workspace: Workspace, other_workspace: Workspace, relay: Relay
) -> None:
    MessageFactory()
    with workspace_scope(other_workspace):
        MessageFactory()
    relay.replies["MAIL"] = "451 too busy"

    assert send_due(workspace).wait == 5
    assert send_due(other_workspace).claimed == 0

    assert relay.said("MAIL") == 1
