"""A mail server to send to: it takes what it is given, or behaves as badly as a test wants it to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = "drop"  # close the connection instead of answering
SILENCE = "silence"  # never answer


@dataclass
class Letter:
    sender: str
    recipient: str
    content: bytes


@dataclass
class Relay:
    """Replies by recipient, where they are not the usual; by name of the stage for all recipients.

    `body_replies` are given after the dot: what is refused there, dropped or met with silence is still kept in
    `received`, as a real server may have kept it.
    """

    extensions: tuple[str, ...] = ("PIPELINING",)
    delay: float = 0.0
    greeting: str = "220 relay.example"
    mail_reply: str = "250 ok"
    data_reply: str = "354 go on"
    rcpt_replies: dict[str, str] = field(default_factory=dict)
    body_replies: dict[str, str] = field(default_factory=dict)
    # Says goodbye after so many messages on one connection.
    patience: int = 10**9
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

    def keep(self, letter: Letter, *, is_alone: bool) -> None:
        """The message is whole. `is_alone`: whoever sent it has gone already, and will not hear the reply."""
        self.received.append(letter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await _Session(self, reader, writer).talk()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side hung up, or the test is over
        finally:
            writer.close()


class _Session:
    def __init__(self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._sender = self._recipient = ""
        self._taken = 0

    async def talk(self) -> None:
        await self._say(self._relay.greeting)
        while self._relay.greeting.startswith("2") and (line := await self._reader.readline()):
            command = line.decode().rstrip("\r\n")
            self._relay.commands.append(command)
            reply = await self._answer(command)
            if reply == DROP or (reply != SILENCE and not await self._say(reply)):
                return

    async def _answer(self, command: str) -> str:
        word = command.split(" ", 1)[0].split(":", maxsplit=1)[0].upper()
        if word == "EHLO":
            lines = ["relay.example", *self._relay.extensions]
            return "\r\n".join(f"250{'-' if line != lines[-1] else ' '}{line}" for line in lines)
        if word == "MAIL":
            self._sender = command.partition("<")[2].rstrip(">")
            return self._relay.mail_reply
        if word == "RCPT":
            address = command.partition("<")[2].rstrip(">")
            reply = self._relay.rcpt_replies.get(address, "250 ok")
            self._recipient = address if reply.startswith("2") else ""
            return reply
        if word == "DATA":
            return await self._take_body()
        if word == "QUIT":
            await self._say("221 bye")
            return DROP
        return "250 ok"

    async def _take_body(self) -> str:
        if not self._recipient:
            return "503 no recipient"
        if not self._relay.data_reply.startswith("354"):
            return self._relay.data_reply
        await self._say(self._relay.data_reply)
        content = await self._reader.readuntil(b"\r\n.\r\n")
        await asyncio.sleep(self._relay.delay)
        recipient, self._recipient = self._recipient, ""
        self._taken += 1
        letter = Letter(self._sender, recipient, content[:-3].replace(b"\r\n..", b"\r\n."))
        self._relay.keep(letter, is_alone=self._reader.at_eof())
        if self._taken > self._relay.patience:
            return "421 that was enough"
        return self._relay.body_replies.get(recipient, f"250 taken as {len(self._relay.received)}")

    async def _say(self, reply: str) -> bool:
        """Whether the conversation goes on after it."""
        self._writer.write(f"{reply}\r\n".encode())
        await self._writer.drain()
        return not reply.startswith("421")


@contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """The relay, listening on a port of its own until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(relay.serve, "127.0.0.1", 0), loop).result()
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
