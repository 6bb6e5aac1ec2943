"""One SMTP connection that never waits: it is given envelopes and bodies, and tells what became of them.

An envelope goes out as MAIL, RCPT and DATA, in one packet where the server allows it (RFC 2920), together with the
body before it. After 354 the connection holds, until it is told to send the body or to hang up.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from messaging.sending.relays import Line, hang_up
from messaging.sending.replies import BadReply, Reply, ReplyReader

CHUNK = 65_536
END = b".\r\n"


@dataclass(frozen=True)
class Envelope:
    """`sender` and `recipient` are plain ASCII addresses; `data` has CRLF line ends."""

    key: int
    sender: str
    recipient: str
    data: bytes


class Stage(Enum):
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    RESET = "RSET"
    # An empty body, for a server that said 354 although it had refused the recipient.
    NOTHING = "nothing"


@dataclass(frozen=True)
class Held:
    """354: the server waits for the body."""

    envelope: Envelope


@dataclass(frozen=True)
class Taken:
    envelope: Envelope
    reply: Reply


@dataclass(frozen=True)
class Refused:
    envelope: Envelope
    reply: Reply
    stage: Stage


@dataclass(frozen=True)
class Lost:
    """The connection ended. `is_in_doubt`: the body had left, and no reply came.

    `is_suspect`: it ended over this very envelope, and not over another that it was to carry first, nor with a goodbye.
    """

    envelope: Envelope
    is_in_doubt: bool
    is_suspect: bool
    why: str


Happening = Held | Taken | Refused | Lost


@dataclass(frozen=True)
class _Command:
    stage: Stage
    line: bytes
    envelope: Envelope | None


class Connection:
    def __init__(self, line: Line, *, reply_seconds: float, body_seconds: float) -> None:
        self._socket = line.socket
        self._socket.setblocking(False)  # noqa: FBT003  the socket's own signature
        self._pipelines = "PIPELINING" in line.extensions
        self._reply_seconds, self._body_seconds = reply_seconds, body_seconds
        self._reader = ReplyReader()
        self._unsaid: deque[_Command] = deque()
        self._unanswered: deque[_Command] = deque()
        self._out = bytearray()
        self._written = self._handed_over = 0  # bytes since it was opened
        self._body_ends_at = 0
        self._body_until = 0.0
        self._failure: tuple[Reply, Stage] | None = None
        self._must_reset = False
        self.held: Envelope | None = None
        self.is_open = True
        self.taken = 0
        self.deadline = float("inf")
        self.quiet_since = time.monotonic()

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def is_free(self) -> bool:
        """Nothing is under way: an envelope can be offered."""
        return self.is_open and not (self._unsaid or self._unanswered or self.held)

    @property
    def has_more_to_write(self) -> bool:
        return bool(self._out)

    def offer(self, envelope: Envelope) -> None:
        """Ask the server to take it. Held or Refused follows, or Lost."""
        if self._must_reset:
            self._unsaid.append(_Command(Stage.RESET, b"RSET\r\n", None))
            self._must_reset = False
        self._unsaid += [
            _Command(Stage.MAIL, f"MAIL FROM:<{envelope.sender}>\r\n".encode(), envelope),
            _Command(Stage.RCPT, f"RCPT TO:<{envelope.recipient}>\r\n".encode(), envelope),
            _Command(Stage.DATA, b"DATA\r\n", envelope),
        ]
        self._speak()

    def deliver(self, *, marked_at: float, then: Envelope | None = None) -> None:
        """Send the held envelope's body; the next one's commands may travel with it. Taken, Refused or Lost follows.

        `marked_at` (monotonic) is when it began to count as leaving: `body_seconds` later others may take it for lost,
        so from then on, even if this process stood still in between, nothing of it is sent any more.
        """
        envelope = self._let_go()
        self._body_until = marked_at + self._body_seconds
        data = envelope.data.replace(b"\r\n.", b"\r\n..")
        if data.startswith(b"."):
            data = b"." + data
        end = END if data.endswith(b"\r\n") else b"\r\n" + END
        self._unsaid.append(_Command(Stage.BODY, data + end, envelope))
        self._failure = None
        if then is not None:
            self.offer(then)
        else:
            self._speak()

    def abandon(self) -> Envelope:
        """Hang up instead of sending the body: the server forgets the envelope."""
        envelope = self._let_go()
        self.is_open = False
        self._socket.close()
        return envelope

    def close(self) -> None:
        self.is_open = False
        hang_up(self._socket)

    def write(self) -> list[Happening]:
        """Hand over what the socket takes, as long as there is time for it."""
        if self._out and time.monotonic() >= self.deadline:
            return self.time_out()
        try:
            while self._out:
                count = self._socket.send(self._out[:CHUNK])
                self._handed_over += count
                del self._out[:count]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            return self._lose(str(error), suspect=self._at_issue)
        return []

    def read(self) -> list[Happening]:
        """Whatever the replies that came mean."""
        happenings: list[Happening] = []
        try:
            while data := self._socket.recv(CHUNK):
                self._reader.feed(data)
                while (reply := self._reader.next()) is not None:
                    happenings += self._answered(reply)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return happenings
        except (OSError, BadReply) as error:
            return happenings + self._lose(str(error), suspect=self._at_issue)
        return happenings + self._lose("the server closed the connection", suspect=self._at_issue)

    def time_out(self) -> list[Happening]:
        return self._lose("the server did not answer in time", suspect=self._at_issue)

    @property
    def _at_issue(self) -> Envelope | None:
        """Which envelope the server was to speak about, or to be spoken to about, next."""
        return self.held or (self._unanswered[0].envelope if self._unanswered else None)

    def _let_go(self) -> Envelope:
        envelope, self.held = self.held, None
        if envelope is None:
            raise RuntimeError("no envelope is held")
        return envelope

    def _speak(self) -> None:
        """Put into the buffer whatever may be said before the next reply. DATA must come last before one."""
        while self._unsaid:
            if self._unanswered and (not self._pipelines or self._unanswered[-1].stage == Stage.DATA):
                break
            command = self._unsaid.popleft()
            self._unanswered.append(command)
            self._out += command.line
            self._written += len(command.line)
            if command.stage == Stage.BODY:
                self._body_ends_at = self._written
        self._wait()

    def _wait(self) -> None:
        self.quiet_since = now = time.monotonic()
        if not self._unanswered:
            self.deadline = float("inf")
            return
        is_body = self._unanswered[0].stage == Stage.BODY
        self.deadline = self._body_until if is_body else now + self._reply_seconds

    def _answered(self, reply: Reply) -> Iterator[Happening]:
        if not self._unanswered:
            if reply.is_goodbye:
                yield from self._lose(str(reply), suspect=None)
                return
            raise BadReply(f"Nobody asked for {reply}")
        command = self._unanswered[0]
        if command.stage == Stage.BODY and not (reply.is_positive or reply.is_negative):
            raise BadReply(f"{reply} is no answer to a body")
        self._unanswered.popleft()
        if command.envelope is not None:
            yield from self._judge(command, command.envelope, reply)
        if reply.is_goodbye:
            yield from self._lose(str(reply), suspect=None)
        elif self.is_open:
            self._speak()

    def _judge(self, command: _Command, envelope: Envelope, reply: Reply) -> Iterator[Happening]:
        if command.stage == Stage.BODY:
            if reply.is_positive:
                self.taken += 1
                yield Taken(envelope, reply)
            else:
                yield Refused(envelope, reply, Stage.BODY)
        elif command.stage in {Stage.MAIL, Stage.RCPT}:
            if not reply.is_positive and self._failure is None:
                self._failure = (reply, command.stage)
                if reply.is_goodbye or not any(command.envelope is envelope for command in self._unanswered):
                    yield from self._give_up(envelope, *self._failure)
        elif command.stage == Stage.DATA:
            yield from self._judge_data(envelope, reply)

    def _judge_data(self, envelope: Envelope, reply: Reply) -> Iterator[Happening]:
        is_waiting = reply.code == 354  # noqa: PLR2004  SMTP's "send the body"
        failure, self._failure = self._failure, None
        if failure is None and is_waiting:
            self.held = envelope
            yield Held(envelope)
            return
        if is_waiting:
            self._unsaid.appendleft(_Command(Stage.NOTHING, END, None))
        self._must_reset = True
        yield Refused(envelope, *(failure or (reply, Stage.DATA)))

    def _give_up(self, envelope: Envelope, reply: Reply, stage: Stage) -> Iterator[Happening]:
        """Nothing more will be answered for it, or, without pipelining, has been said: nothing more needs to be."""
        self._unsaid = deque(command for command in self._unsaid if command.envelope is not envelope)
        self._unanswered = deque(command for command in self._unanswered if command.envelope is not envelope)
        self._failure = None
        self._must_reset = True
        yield Refused(envelope, reply, stage)

    def _lose(self, why: str, *, suspect: Envelope | None) -> list[Happening]:
        if not self.is_open:
            return []
        self.is_open = False
        self._socket.close()
        lost: dict[int, Lost] = {}
        for command in (*self._unanswered, *self._unsaid):
            if command.envelope is None:
                continue
            has_left = command.stage == Stage.BODY and self._handed_over >= self._body_ends_at
            is_in_doubt = has_left and command in self._unanswered
            is_suspect = command.envelope is suspect
            lost.setdefault(command.envelope.key, Lost(command.envelope, is_in_doubt, is_suspect, why))
        if self.held is not None:
            is_suspect = self.held is suspect
            lost[self.held.key] = Lost(self.held, is_in_doubt=False, is_suspect=is_suspect, why=why)
            self.held = None
        self._unanswered.clear()
        self._unsaid.clear()
        return list(lost.values())
