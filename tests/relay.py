"""A mail server to send to: it takes what it is given, or behaves as badly as a test wants it to."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = "drop"  # close the connection instead of answering
SILENCE = "silence"  # answer nothing any more
LARGEST_LINE = 2**26


@dataclass
class Letter:
    sender: str
    recipient: str
    content: bytes


@dataclass
class Relay:
    """What it says can be set at any time, also between two rounds of one test.

    `replies` stand for the usual ones, by the word of the command (`MAIL`, `STARTTLS`), and under `greeting`; under
    `body` a DROP hangs up when the body has begun to come. `rcpt_replies` and `body_replies` are by recipient, the
    latter given after the dot: what is dropped there or met with silence is still kept in `received`, as a real server
    may have kept it. `before` are called by the same words, and under `dot`, before the reply is given.
    """

    extensions: tuple[str, ...] = ("PIPELINING",)
    delay: float = 0.0
    replies: dict[str, str] = field(default_factory=dict)
    rcpt_replies: dict[str, str] = field(default_factory=dict)
    body_replies: dict[str, str] = field(default_factory=dict)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    # Says goodbye after so many messages on one connection.
    patience: int = 10**9
    # Greets no more connections than these.
    room: int = 10**9
    # With a certificate it offers STARTTLS, or speaks TLS from the first byte on.
    tls: ssl.SSLContext | None = None
    is_encrypted: bool = False
    # With users it offers these ways to sign in, and takes nothing from anybody else.
    users: dict[str, str] = field(default_factory=dict)
    ways_to_sign_in: tuple[str, ...] = ("PLAIN", "LOGIN")
    received: list[Letter] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return sorted(letter.recipient for letter in self.received)

    def said(self, word: str) -> int:
        """How often it was told this word."""
        return sum(command.upper().startswith(word) for command in self.commands)

    def keep(self, letter: Letter, *, is_alone: bool) -> None:
        """The message is whole. `is_alone`: whoever sent it has gone already, and will not hear the reply."""
        self.received.append(letter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await _Session(self, reader, writer).talk()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side hung up, or the test is over
        finally:
            writer.close()


class _Session:
    def __init__(self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._sender = self._recipient = ""
        self._stage = "greeting"
        self._taken = 0
        self._is_encrypted = relay.is_encrypted
        self._is_known = not relay.users
        self._answers = {
            "EHLO": self._ehlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "QUIT": self._quit,
        }

    async def talk(self) -> None:
        usual = "220 relay.example" if self._relay.connections <= self._relay.room else "421 4.7.0 too many of you"
        greeting = self._relay.replies.get("greeting", usual)
        goes_on = await self._reply(greeting)
        while goes_on and (line := await self._reader.readline()):
            command = line.decode().rstrip("\r\n")
            self._relay.commands.append(command)
            word = command.split(" ", 1)[0].split(":", maxsplit=1)[0].upper()
            self._stage = word
            scripted = self._relay.replies.get(word, "")
            if scripted and not scripted.startswith("354"):
                goes_on = await self._reply(scripted)
            else:
                goes_on = await self._reply(await self._answers.get(word, self._noop)(command))

    async def _reply(self, reply: str) -> bool:
        """Whether the conversation goes on after it."""
        if hook := self._relay.before.get(self._stage):
            await asyncio.to_thread(hook)
        if reply == DROP:
            return False
        if reply == SILENCE:
            while await self._reader.read(LARGEST_LINE):
                pass
            return False
        if reply:
            await self._say(reply)
        return not reply.startswith(("421", "554 no service"))

    async def _say(self, reply: str) -> None:
        self._writer.write(f"{reply}\r\n".encode())
        await self._writer.drain()

    async def _noop(self, command: str) -> str:
        return "250 ok"

    async def _ehlo(self, command: str) -> str:
        lines = ["relay.example", *self._relay.extensions]
        if self._relay.tls and not self._is_encrypted:
            lines.append("STARTTLS")
        if self._relay.users:
            lines.append(f"AUTH {' '.join(self._relay.ways_to_sign_in)}")
        return "\r\n".join(f"250{'-' if line != lines[-1] else ' '}{line}" for line in lines)

    async def _starttls(self, command: str) -> str:
        await self._say("220 go on")
        if self._relay.tls:
            await self._writer.start_tls(self._relay.tls)
        self._is_encrypted = True
        return ""

    async def _auth(self, command: str) -> str:
        _, way, *given = command.split(" ")
        if way == "PLAIN":
            _, user, password = base64.b64decode(given[0]).decode().split("\0")
        else:
            user, password = [await self._asked(question) for question in ("Username:", "Password:")]
        self._is_known = self._relay.users.get(user) == password
        return "235 welcome" if self._is_known else "535 no such user or password"

    async def _asked(self, question: str) -> str:
        await self._say(f"334 {base64.b64encode(question.encode()).decode()}")
        return base64.b64decode(await self._reader.readline()).decode()

    async def _mail(self, command: str) -> str:
        if not self._is_known:
            return "530 sign in first"
        self._sender = command.partition("<")[2].rstrip(">")
        return "250 ok"

    async def _rcpt(self, command: str) -> str:
        address = command.partition("<")[2].rstrip(">")
        reply = self._relay.rcpt_replies.get(address, "250 ok") if self._sender else "503 MAIL first"
        self._recipient = address if reply.startswith("2") else ""
        return reply

    async def _rset(self, command: str) -> str:
        self._sender = self._recipient = ""
        return "250 ok"

    async def _quit(self, command: str) -> str:
        await self._say("221 bye")
        return DROP

    async def _data(self, command: str) -> str:
        is_told_to = "DATA" in self._relay.replies
        if not self._recipient and not is_told_to:
            return "503 no recipient"
        await self._reply(self._relay.replies.get("DATA", "354 go on"))
        if self._relay.replies.get("body") == DROP:
            await self._reader.read(1)
            return DROP
        content = await self._body()
        self._stage = "dot"
        await asyncio.sleep(self._relay.delay)
        if not self._recipient:
            return "554 no valid recipients"
        return await self._take(content)

    async def _take(self, content: bytes) -> str:
        sender, recipient = self._sender, self._recipient
        self._sender = self._recipient = ""
        self._taken += 1
        if self._taken > self._relay.patience:
            return "421 that was enough"
        reply = self._relay.body_replies.get(recipient, "250 taken")
        if not reply.startswith(("4", "5")):
            self._relay.keep(Letter(sender, recipient, content), is_alone=self._reader.at_eof())
        return reply

    async def _body(self) -> bytes:
        lines = []
        while (line := await self._reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise ConnectionResetError("the body broke off")
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)


@contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """The relay, listening on a port of its own until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    start = asyncio.start_server(
        relay.serve, "127.0.0.1", 0, limit=LARGEST_LINE, ssl=relay.tls if relay.is_encrypted else None
    )
    server = asyncio.run_coroutine_threadsafe(start, loop).result()
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
