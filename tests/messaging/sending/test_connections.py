"""One connection by itself: what its server's words, and its silence, mean for the envelope on it."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

import pytest

from messaging.sending.connections import Connection, Envelope, Happening, Held, Lost, Refused, Stage, Taken
from messaging.sending.relays import Line, open_line
from messaging.sending.relays import Relay as Address
from messaging.sending.replies import BadReply, Reply, ReplyReader
from tests.relay import DROP, Relay, running

LETTER = Envelope(1, "us@mail.example", "you@mail.example", b"Subject: x\r\n\r\n.hidden dot\r\n")
NEXT = Envelope(2, "us@mail.example", "next@mail.example", b"Subject: y\r\n\r\nno line end")


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running(Relay()) as relay:
        yield relay


@pytest.fixture
def connection(relay: Relay) -> Iterator[Connection]:
    line = open_line(Address("127.0.0.1", relay.port), name="us.example", seconds=5)
    connection = Connection(line, reply_seconds=5, body_seconds=5)
    yield connection
    connection.close()


def next_happenings(connection: Connection) -> list[Happening]:
    """Talk until something has happened."""
    happened: list[Happening] = []
    while not happened:
        happened += connection.write()
        writing = [connection] if connection.has_more_to_write else []
        if not happened and any(select.select([connection], writing, [], 5)[:2]):
            happened += connection.read()
    return happened


def held(connection: Connection, envelope: Envelope) -> None:
    connection.offer(envelope)
    assert next_happenings(connection) == [Held(envelope)]


def test_a_body_arrives_as_it_was_written(connection: Connection, relay: Relay) -> None:
    held(connection, LETTER)
    connection.deliver(marked_at=time.monotonic(), then=NEXT)

    happened = next_happenings(connection)
    while len(happened) < 2:
        happened += next_happenings(connection)
    connection.deliver(marked_at=time.monotonic())
    happened += next_happenings(connection)

    taken = Reply(250, ("taken",))
    assert happened == [Taken(LETTER, taken), Held(NEXT), Taken(NEXT, taken)]
    assert [letter.content for letter in relay.received] == [LETTER.data, NEXT.data + b"\r\n"]
    assert (connection.is_free, connection.taken) == (True, 2)


def test_a_worker_that_stood_still_after_its_mark_sends_nothing(connection: Connection, relay: Relay) -> None:
    """Its lease may have run out by then, and somebody may have settled the message."""
    held(connection, LETTER)

    connection.deliver(marked_at=time.monotonic() - 5)

    [lost] = next_happenings(connection)
    assert isinstance(lost, Lost)
    assert not lost.is_in_doubt
    assert relay.received == []


def test_a_body_that_did_not_leave_whole_is_in_no_doubt(connection: Connection, relay: Relay) -> None:
    relay.replies["body"] = DROP
    large = Envelope(3, "us@mail.example", "you@mail.example", b"x" * 60 + b"\r\n" + b"y" * 40_000_000)
    held(connection, large)
    connection.deliver(marked_at=time.monotonic())

    [lost] = next_happenings(connection)

    assert isinstance(lost, Lost)
    assert not lost.is_in_doubt
    assert relay.received == []


def test_abandoned_the_server_forgets_the_envelope(connection: Connection, relay: Relay) -> None:
    held(connection, LETTER)

    assert connection.abandon() == LETTER

    assert not connection.is_open
    assert relay.received == []


def test_replies_that_come_one_by_one_mean_the_same(relay: Relay) -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(Line(ours, frozenset({"PIPELINING"})), reply_seconds=5, body_seconds=5)
    connection.offer(LETTER)
    assert connection.write() == []
    happened: list[Happening] = []
    for byte in b"250-still\r\n250 ok\r\n550-5.1.1 no\r\n550 such user\r\n503 nobody\r\n":
        theirs.send(bytes([byte]))
        happened += connection.read()

    assert happened == [Refused(LETTER, Reply(550, ("5.1.1 no", "such user")), Stage.RCPT)]
    connection.close()
    theirs.close()


@pytest.mark.parametrize("after", [b"", b"421 good night\r\n", b"250 nobody asked\r\n", b"nonsense\r\n"])
def test_held_and_lost_in_one_breath_is_in_no_doubt(after: bytes) -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(Line(ours, frozenset({"PIPELINING"})), reply_seconds=5, body_seconds=5)
    connection.offer(LETTER)
    connection.write()
    theirs.send(b"250 ok\r\n250 ok\r\n354 go on\r\n" + after)
    theirs.close()

    first, second = connection.read()

    assert first == Held(LETTER)
    assert isinstance(second, Lost)
    assert not second.is_in_doubt
    assert connection.held is None


def test_an_answer_to_a_body_that_is_none_leaves_it_in_doubt() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(Line(ours, frozenset({"PIPELINING"})), reply_seconds=5, body_seconds=5)
    connection.offer(LETTER)
    theirs.send(b"250 ok\r\n250 ok\r\n354 go on\r\n")
    connection.read()
    connection.deliver(marked_at=time.monotonic())
    connection.write()
    theirs.send(b"354 what else?\r\n")

    [lost] = connection.read()

    assert isinstance(lost, Lost)
    assert lost.is_in_doubt
    theirs.close()


@pytest.mark.parametrize(
    "said", [b"hello\r\n", b"25 ok\r\n", b"2500 ok\r\n", b"250_ok\r\n", b"\r\n", b"x" * 65_000, b"250-a\r\n" * 700]
)
def test_what_is_no_reply_is_not_guessed_at(said: bytes) -> None:
    reader = ReplyReader()

    with pytest.raises(BadReply):
        reader.feed(said)
        reader.next()
        reader.feed(b"")


def test_a_reply_may_hold_anything_but_what_postgres_cannot_keep() -> None:
    reader = ReplyReader()
    reader.feed(b"550 \xff\0 gr\xc3\xbc\xc3\x9fe\r\n250\r\n")

    assert [str(reader.next()), str(reader.next()), reader.next()] == ["550 \ufffd grüße", "250", None]
