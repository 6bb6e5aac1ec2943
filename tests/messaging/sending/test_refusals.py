"""What the relay says no to, now or for ever, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Workspace
from messaging.actions.outcomes import MOST_ATTEMPTS
from messaging.models import Message, Suppression
from messaging.sending.rounds import Round, send_due
from messaging.sending.verdicts import MOST_PUT_OFF, MOST_PUT_OFF_BY_DOMAIN
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, TemplateVersionFactory
from tests.messaging.sending.outbox import history_of, later, row, states, told_of
from tests.relay import Relay

Drained = Callable[[], AbstractContextManager[None]]


def say_at(relay: Relay, stage: str, reply: str, message: Message) -> None:
    if stage == "RCPT":
        relay.rcpt_replies[message.address] = reply
    elif stage == "dot":
        relay.body_replies[message.address] = reply
    else:
        relay.replies[stage] = reply


def be_well_again(relay: Relay) -> None:
    relay.replies.clear()
    relay.rcpt_replies.clear()
    relay.body_replies.clear()


def waits(message: Message) -> timedelta:
    """How long from now, which in a test is when its transaction began."""
    with connection.cursor() as cursor:
        cursor.execute("select not_before - now() from messaging_message where id = %s", [message.pk])
        return cursor.fetchone()[0]


def test_what_is_due_is_sent_in_one_round(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(30)]

    done = send_due(workspace)

    assert done == Round(claimed=30, sent=30)
    assert relay.recipients == sorted(message.address for message in messages)
    assert {row(message) for message in messages} == {("sent", "", 1)}
    assert told_of(messages[0]) == ["MessageSent"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "dot"])
def test_what_is_put_off_goes_later_and_once(stage: str, workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    say_at(relay, stage, "451 4.7.1 come back later", message)

    done = send_due(workspace)

    assert (done.claimed, done.sent, relay.received) == (1, 0, [])
    assert row(message) == ("queued", "", 1)
    assert message.reply == "451 4.7.1 come back later"
    assert waits(message) == timedelta(seconds=60)
    assert history_of(message) == [("put_off", "451 4.7.1 come back later")]
    assert told_of(message) == []

    assert send_due(workspace).claimed == 0
    be_well_again(relay)
    later()
    send_due(workspace)

    assert row(message) == ("sent", "", 2)
    assert relay.recipients == [message.address]


def test_the_wait_doubles_up_to_an_hour_and_the_eighth_attempt_is_the_last(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    relay.rcpt_replies[message.address] = "450 greylisted"

    minutes = []
    for _ in range(MOST_ATTEMPTS - 1):
        send_due(workspace)
        minutes.append(waits(message).total_seconds() / 60)
        later()
    send_due(workspace)

    assert minutes == [1, 2, 4, 8, 16, 32, 60]
    assert row(message) == ("failed", "gave_up", 8)
    assert told_of(message) == ["MessageFailed"]
    assert relay.received == []


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("stage", ["RCPT", "dot"])
def test_a_refused_message_fails_and_the_others_go_on(
    stage: str,
    extensions: tuple[str, ...],
    workspace: Workspace,
    relay: Relay,
) -> None:
    first, bad, last = MessageFactory(), MessageFactory(), MessageFactory()
    relay.extensions = extensions
    say_at(relay, stage, "550 5.7.1 not wanted here", bad)

    done = send_due(workspace)

    assert (done.claimed, done.sent, done.wait) == (3, 2, 0)
    assert [row(message) for message in (first, bad, last)] == [
        ("sent", "", 1),
        ("failed", "refused", 1),
        ("sent", "", 1),
    ]
    assert bad.reply == "550 5.7.1 not wanted here"
    assert told_of(bad) == ["MessageFailed"]
    assert relay.recipients == sorted([first.address, last.address])
    assert relay.connections == 1


def test_a_refusal_at_data_is_definite(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    relay.replies["DATA"] = "554 5.6.0 no such content"

    send_due(workspace)

    assert row(message) == ("failed", "refused", 1)
    assert relay.received == []


@pytest.mark.parametrize(
    ("reply", "block"),
    [
        ("550 5.1.1 <x@mail.example>: no such user", ["bounced"]),
        ("553 5.1.3 bad syntax", ["bounced"]),
        ("550 5.7.1 blocked by policy", []),
        ("552 5.2.2 mailbox full", []),
    ],
)
def test_only_an_address_that_does_not_exist_is_written_to_no_more(
    reply: str,
    block: list[str],
    workspace: Workspace,
    relay: Relay,
    drained: Drained,
) -> None:
    message = MessageFactory()
    relay.rcpt_replies[message.address] = reply

    with drained():
        send_due(workspace)

    suppressions = Suppression.objects.filter(address_hash=message.address_hash)
    assert list(suppressions.values_list("reason", flat=True)) == block
    again = MessageFactory(customer=message.customer)
    relay.rcpt_replies.clear()
    send_due(workspace)
    assert row(again)[:2] == (("skipped", "bounced") if block else ("sent", ""))


def test_without_pipelining_nothing_more_is_said_for_a_refused_recipient(workspace: Workspace, relay: Relay) -> None:
    bad, good = MessageFactory(), MessageFactory()
    relay.extensions = ()
    relay.rcpt_replies[bad.address] = "550 no"

    send_due(workspace)

    words = [command.split(" ")[0].split(":")[0] for command in relay.commands]
    assert words == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]
    assert states(bad, good) == ["failed", "sent"]


def test_a_server_that_wants_the_body_for_nobody_gets_an_empty_one(workspace: Workspace, relay: Relay) -> None:
    bad, good = MessageFactory(), MessageFactory()
    relay.rcpt_replies[bad.address] = "550 no"
    relay.replies["DATA"] = "354 go on"

    send_due(workspace)

    assert states(bad, good) == ["failed", "sent"]
    assert relay.recipients == [good.address]


def test_a_refused_sender_is_our_fault_and_costs_no_message(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(3)]
    relay.replies["MAIL"] = "553 5.7.1 sender not allowed"

    done = send_due(workspace)

    assert done.wait == 5
    assert states(*messages) == ["queued"] * 3
    assert relay.said("MAIL") == 1
    assert send_due(workspace).claimed == 0
    be_well_again(relay)
    later()
    assert send_due(workspace).sent == 3


def test_a_domain_that_puts_everything_off_holds_up_nobody_else(workspace: Workspace, relay: Relay) -> None:
    slow = [
        MessageFactory(customer=CustomerFactory(email=f"{n}@slow.example")) for n in range(MOST_PUT_OFF_BY_DOMAIN + 1)
    ]
    other = MessageFactory()
    relay.rcpt_replies = {message.address: "450 4.7.0 too many from you" for message in slow}

    send_due(workspace)
    Message.objects.filter(state="queued").update(not_before=other.not_before)
    said, second = relay.said("RCPT"), MessageFactory()
    done = send_due(workspace)

    assert row(other)[0] == row(second)[0] == "sent"
    assert done.sent == 1
    assert relay.said("RCPT") == said + 1
    assert {row(message) for message in slow} == {("queued", "", 1)}


def test_a_relay_that_puts_off_one_after_the_other_is_left_alone(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory(customer=CustomerFactory(email=f"a@d{n}.example")) for n in range(MOST_PUT_OFF + 5)]
    relay.rcpt_replies = {message.address: "451 try later" for message in messages}

    done = send_due(workspace)

    assert done.wait == 5
    assert relay.said("RCPT") == MOST_PUT_OFF
    assert [row(message)[2] for message in messages] == [1] * MOST_PUT_OFF + [0] * 5


def test_a_message_that_cannot_be_filled_in_fails_and_the_others_go(workspace: Workspace, relay: Relay) -> None:
    broken = MessageFactory(template_version=TemplateVersionFactory(text="{{ nobody }}"))
    plain = TemplateVersionFactory(subject="Hi", text="Hi", html="<p>Hi</p>")
    impossible, fine = MessageFactory(template_version=plain, context={"customer": {}}), MessageFactory()

    done = send_due(workspace)

    assert row(broken) == ("failed", "render_error", 0)
    assert row(impossible) == ("queued", "", 1)
    assert "KeyError" in impossible.reply
    assert (done.sent, row(fine)[0]) == (1, "sent")


def test_an_address_that_no_envelope_can_hold_fails_without_the_relay(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory(customer=CustomerFactory(email="zoë@mail.example", email_norm="zoë@mail.example"))

    send_due(workspace)

    assert row(message) == ("failed", "bad_address", 0)
    assert relay.said("MAIL") == 0
