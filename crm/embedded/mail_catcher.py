"""The SMTP server of `./run up`: it delivers to nobody and keeps every message as a file (Maildir)."""

import asyncio
import itertools
import os
import socket
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_LARGEST_MESSAGE = 32 * 1024 * 1024  # bytes


class Maildir:
    """Writes each message to `tmp`, then moves it to `new`: a reader never sees half of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counter = itertools.count()
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, message: bytes) -> None:
        # The name begins with the time, so names sort as messages came.
        name = f"{time.time_ns()}.{os.getpid()}_{next(self._counter)}.rapport"
        unfinished = self._folder / "tmp" / name
        unfinished.write_bytes(message)
        unfinished.rename(self._folder / "new" / name)


class Handler:
    """What aiosmtpd calls."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # The stream is read command by command, so a client may send several at once (RFC 2920).
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        recipients = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos)
        content = envelope.content or b""
        body = content if isinstance(content, bytes) else content.encode()
        self._maildir.keep(f"Return-Path: <{envelope.mail_from}>\r\n{recipients}".encode() + body)
        return "250 Kept"


async def catch(listener: socket.socket, folder: Path) -> None:
    handler = Handler(Maildir(folder))
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(handler, hostname="mailbox", enable_SMTPUTF8=True, data_size_limit=_LARGEST_MESSAGE, loop=loop)

    server = await loop.create_server(protocol, sock=listener)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(catch(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])))
