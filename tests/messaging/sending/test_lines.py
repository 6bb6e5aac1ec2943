"""Connections that are kept from one batch to the next, and how many there may be."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from messaging.sending.connections import Connection
from messaging.sending.lines import IDLE_SECONDS, Lines
from messaging.sending.relays import Line
from messaging.sending.relays import Relay as Address
from messaging.sending.rounds import send_due
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import states
from tests.relay import Relay

Ends = tuple[Connection, socket.socket]


@pytest.fixture
def lines(relay: Relay) -> Lines:
    return Lines(Address("127.0.0.1", relay.port))


@pytest.fixture
def ends() -> Ends:
    """A connection, and the other end of it."""
    ours, theirs = socket.socketpair()
    return Connection(Line(ours, frozenset()), reply_seconds=5, body_seconds=5), theirs


def test_a_connection_is_kept_for_the_next_batch(workspace: Workspace, relay: Relay) -> None:
    for _ in range(3):
        MessageFactory()
        assert send_due(workspace).sent == 1

    assert relay.connections == relay.said("EHLO") == 1


def test_what_was_given_back_is_lent_again(lines: Lines, ends: Ends) -> None:
    connection, theirs = ends
    lines.give_back([connection])

    assert lines.borrow(1) == [connection]

    connection.close()
    theirs.close()


def hang_up(ends: Ends, _: Lines) -> None:
    ends[1].shutdown(socket.SHUT_RDWR)


def say_goodbye(ends: Ends, _: Lines) -> None:
    ends[1].send(b"421 idle for too long\r\n")


def grow_old(ends: Ends, _: Lines) -> None:
    ends[0].quiet_since -= IDLE_SECONDS


def become_a_child(_: Ends, lines: Lines) -> None:
    lines._process = 1


@pytest.mark.parametrize("wear", [hang_up, say_goodbye, grow_old, become_a_child])
def test_what_may_not_be_spoken_on_is_not_lent(wear: Callable[[Ends, Lines], None], lines: Lines, ends: Ends) -> None:
    connection, theirs = ends
    lines.give_back([connection])
    wear(ends, lines)

    [lent] = lines.borrow(1)

    assert lent is not connection
    for each in (lent, connection, theirs):
        each.close()


def test_no_more_are_kept_than_there_may_be(lines: Lines, settings: LazySettings) -> None:
    settings.SMTP_CONNECTIONS = 3
    lent = lines.borrow(10)
    assert len(lent) == 3

    settings.SMTP_CONNECTIONS = 2
    lines.give_back(lent)

    assert [each.is_open for each in lent] == [True, True, False]
    lines.hang_up()


def test_a_server_that_allows_one_connection_gets_all_over_it(
    workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    settings.SMTP_CONNECTIONS = 5
    relay.room = 1
    messages = [MessageFactory() for _ in range(8)]

    done = send_due(workspace)

    assert (done.sent, done.wait) == (8, 0)
    assert states(*messages) == ["sent"] * 8
    assert relay.connections == 5
