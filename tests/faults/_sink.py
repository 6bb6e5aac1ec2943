"""The oracle: a mail server in a process of its own, which counts what it accepts and keeps a log like Postfix.

`python -m tests.faults._sink FOLDER SECONDS` prints its port. It takes SECONDS for each answer. Of the messages whose
sender was killed before the answer, it accepts every other one: a real server does the one or the other.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.relay import Letter, Relay

_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)


class Sink(Relay):
    def __init__(self, folder: Path, *, seconds: float) -> None:
        super().__init__(delay=seconds)
        self._accepted = (folder / "accepted").open("a", buffering=1)
        self._log = (folder / "mail.log").open("a", buffering=1)
        self._queue_ids = itertools.count(0x10000)
        self._alone = itertools.count()
        self._write(datetime.now(UTC) - timedelta(minutes=10), "postfix/master[1]: daemon started")

    def keep(self, letter: Letter, *, is_alone: bool) -> None:
        found = _MESSAGE_ID.search(letter.content)
        message_id = found[1].decode() if found else "<>"
        queue_id = f"{next(self._queue_ids):X}"
        now = datetime.now(UTC)
        self._write(now, f"postfix/cleanup[1]: {queue_id}: message-id={message_id}")
        if is_alone and next(self._alone) % 2:
            return
        self._accepted.write(f"{letter.recipient}\n")
        size = len(letter.content)
        self._write(now, f"postfix/qmgr[1]: {queue_id}: from=<{letter.sender}>, size={size}, nrcpt=1 (queue active)")

    def _write(self, at: datetime, line: str) -> None:
        self._log.write(f"{at.isoformat()} relay {line}\n")


async def main(folder: Path, seconds: float) -> None:
    server = await asyncio.start_server(Sink(folder, seconds=seconds).serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
