"""Connections that end, or on which nothing more is heard: what certainly did not leave waits, the rest is in doubt."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from accounts.models import Doorbell, Workspace
from messaging.actions.outcomes import DOUBTS, MOST_ATTEMPTS
from messaging.models import Message
from messaging.sending.rounds import send_due
from messaging.sending.verdicts import MOST_LOST
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import history_of, later, leases_end, row, states, told_of
from tests.relay import DROP, SILENCE, Relay


@pytest.fixture(autouse=True)
def _no_patience(settings: LazySettings) -> None:
    settings.SMTP_REPLY_SECONDS = settings.SMTP_BODY_SECONDS = 0.3


def be_well_again(relay: Relay) -> None:
    relay.replies.clear()
    relay.body_replies.clear()
    later()


@pytest.mark.parametrize("trouble", [DROP, SILENCE, "421 not now", "554 no service", "what?"])
@pytest.mark.parametrize("stage", ["greeting", "EHLO"])
def test_a_relay_that_does_not_let_us_in_costs_no_attempt(
    stage: str, trouble: str, workspace: Workspace, relay: Relay
) -> None:
    messages = [MessageFactory() for _ in range(3)]
    relay.replies[stage] = trouble
    if stage == "EHLO":
        relay.replies["HELO"] = trouble

    done = send_due(workspace)

    assert (done.claimed, done.sent, done.wait) == (3, 0, 5)
    assert [row(message) for message in messages] == [("queued", "", 0)] * 3
    be_well_again(relay)
    assert send_due(workspace).sent == 3


def test_a_relay_that_is_not_there_costs_no_attempt(workspace: Workspace, relay: Relay, settings: LazySettings) -> None:
    message = MessageFactory()
    settings.EMAIL_URL = "smtp://127.0.0.1:1"

    assert send_due(workspace).wait == 5

    assert row(message) == ("queued", "", 0)
    assert send_due(workspace).claimed == 0


@pytest.mark.parametrize("trouble", [DROP, SILENCE])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_lost_before_the_body_it_waits_and_goes_later(
    extensions: tuple[str, ...],
    stage: str,
    trouble: str,
    workspace: Workspace,
    relay: Relay,
) -> None:
    message = MessageFactory()
    relay.extensions = extensions
    relay.replies[stage] = trouble

    send_due(workspace)

    assert row(message) == ("queued", "", 1)
    assert message.reply in {"the server closed the connection", "the server did not answer in time"}
    assert relay.received == []
    assert told_of(message) == []
    be_well_again(relay)
    assert send_due(workspace).sent == 1
    assert relay.recipients == [message.address]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_message_that_ends_every_connection_fails_in_the_end(
    extensions: tuple[str, ...], stage: str, workspace: Workspace, relay: Relay
) -> None:
    message = MessageFactory()
    relay.extensions = extensions
    relay.replies[stage] = DROP

    for attempt in range(MOST_ATTEMPTS):
        assert row(message) == ("queued", "", attempt)
        later()
        send_due(workspace)

    assert row(message) == ("failed", "hung_up", MOST_ATTEMPTS)
    assert told_of(message) == ["MessageFailed"]
    assert [kind for kind, _detail in history_of(message)] == ["put_off"] * (MOST_ATTEMPTS - 1)
    be_well_again(relay)
    assert send_due(workspace).claimed == 0


def test_what_follows_on_the_same_connection_is_not_blamed(workspace: Workspace, relay: Relay) -> None:
    """Its envelope travels with the body before it, and is lost with it each time."""
    poison, follower = MessageFactory(), MessageFactory()
    relay.body_replies[poison.address] = DROP

    send_due(workspace)

    assert [row(poison), row(follower)] == [("unknown", "", 1), ("queued", "", 0)]


def test_a_goodbye_blames_nobody_who_was_not_answered(workspace: Workspace, relay: Relay) -> None:
    first, follower = MessageFactory(), MessageFactory()
    relay.body_replies[first.address] = "421 that was enough"

    send_due(workspace)

    assert [row(first), row(follower)] == [("queued", "", 1), ("queued", "", 0)]


def test_put_off_and_hung_up_on_by_turns_it_fails_for_the_last_of_them(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()

    for attempt in range(MOST_ATTEMPTS):
        later()
        relay.rcpt_replies[message.address] = DROP if attempt % 2 == 0 else "450 later"
        send_due(workspace)

    assert row(message) == ("failed", "gave_up", MOST_ATTEMPTS)


@pytest.mark.parametrize("trouble", [DROP, SILENCE])
def test_lost_after_the_last_dot_it_is_in_doubt_and_never_sent_again_by_itself(
    trouble: str, workspace: Workspace, relay: Relay
) -> None:
    message, other = MessageFactory(), MessageFactory()
    relay.body_replies[message.address] = trouble

    send_due(workspace)

    assert row(message) == ("unknown", "", 1)
    assert told_of(message) == ["MessageInDoubt"]
    assert Doorbell.objects.filter(workspace=workspace, queue=DOUBTS).count() == 1
    for _ in range(3):
        be_well_again(relay)
        leases_end()
        send_due(workspace)
    assert states(message, other) == ["unknown", "sent"]
    assert relay.recipients == sorted([message.address, other.address])


def test_lost_while_the_body_leaves_it_is_in_doubt(workspace: Workspace, relay: Relay) -> None:
    """All of it was handed to the network, and nothing says how much of it arrived."""
    message = MessageFactory()
    relay.replies["body"] = DROP

    send_due(workspace)

    assert row(message) == ("unknown", "", 1)
    assert relay.received == []


def test_the_others_go_over_a_new_connection(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(4)]
    relay.body_replies[messages[1].address] = DROP

    done = send_due(workspace)

    # The third's envelope travelled with the second's body, so it was on the lost connection too.
    assert states(*messages) == ["sent", "unknown", "queued", "sent"]
    assert (done.sent, done.wait, relay.connections) == (2, 0, 2)
    be_well_again(relay)
    send_due(workspace)
    assert relay.recipients == sorted(message.address for message in messages)


def test_a_goodbye_in_the_middle_puts_off_and_loses_nothing(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(5)]
    relay.patience = 2

    send_due(workspace)

    assert [row(message) for message in messages] == [
        ("sent", "", 1),
        ("sent", "", 1),
        ("queued", "", 1),
        ("queued", "", 0),
        ("sent", "", 1),
    ]
    for _ in range(2):
        later()
        send_due(workspace)
    assert states(*messages) == ["sent"] * 5
    assert relay.recipients == sorted(message.address for message in messages)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_goodbye_instead_of_the_first_answer_pauses_the_relay(
    extensions: tuple[str, ...],
    stage: str,
    workspace: Workspace,
    relay: Relay,
) -> None:
    messages = [MessageFactory() for _ in range(3)]
    relay.extensions = extensions
    relay.replies[stage] = "421 4.3.2 shutting down"

    done = send_due(workspace)

    assert done.wait == 5
    assert states(*messages) == ["queued"] * 3
    assert relay.connections == 1


def test_a_relay_that_drops_one_connection_after_the_other_is_left_alone(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(MOST_LOST + 2)]
    relay.replies["RCPT"] = DROP

    done = send_due(workspace)

    assert done.wait == 5
    assert relay.connections == MOST_LOST
    assert [row(message) for message in messages] == [("queued", "", 1)] * MOST_LOST + [("queued", "", 0)] * 2


def test_nonsense_instead_of_a_reply_ends_the_connection(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    relay.body_replies[message.address] = "thanks a lot"

    send_due(workspace)

    assert row(message) == ("unknown", "", 1)
    assert Message.objects.get().reply.startswith("This is no reply")
