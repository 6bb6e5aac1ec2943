"""The connections that one process keeps open to the relay from one batch to the next."""

from __future__ import annotations

import os
import select
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from messaging.actions.queueing import our_host
from messaging.sending.connections import Connection
from messaging.sending.relays import Relay, RelayUnavailable, open_line

CONNECT_SECONDS = 15  # for each step of opening a connection, unless replies get less than that
IDLE_SECONDS = 60  # longer, and the server may hang up at the moment when we speak


class Lines:
    """At most `SMTP_CONNECTIONS` connections, each with one message under way at a time."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._kept: list[Connection] = []
        self._process = os.getpid()

    def borrow(self, wanted: int) -> list[Connection]:
        """Free connections, at least one and at most `wanted`. Raises RelayUnavailable if none can be had."""
        self._forget_if_forked()
        kept, self._kept = self._kept, []
        usable = [connection for connection in kept if self._is_usable(connection)]
        wanted = max(1, min(wanted, settings.SMTP_CONNECTIONS))
        self._kept = usable[wanted:]
        lent = usable[:wanted]
        if not lent:
            lent.append(self.open())
        if missing := wanted - len(lent):
            with ThreadPoolExecutor(missing) as pool:
                opened = pool.map(lambda _: self._try_to_open(), range(missing))
                lent += [connection for connection in opened if connection is not None]
        return lent

    def give_back(self, connections: list[Connection]) -> None:
        for connection in connections:
            if connection.is_free and len(self._kept) < settings.SMTP_CONNECTIONS:
                self._kept.append(connection)
            else:
                connection.close()

    def hang_up(self) -> None:
        """Close whatever is kept."""
        for connection in self._kept:
            connection.close()
        self._kept = []

    def open(self) -> Connection:
        """Raises RelayUnavailable."""
        seconds = min(CONNECT_SECONDS, settings.SMTP_REPLY_SECONDS)
        line = open_line(self.relay, name=our_host(), seconds=seconds)
        return Connection(line, reply_seconds=settings.SMTP_REPLY_SECONDS, body_seconds=settings.SMTP_BODY_SECONDS)

    def _try_to_open(self) -> Connection | None:
        """One is enough to go on: the server may allow fewer than we would like."""
        try:
            return self.open()
        except RelayUnavailable:
            return None

    def _is_usable(self, connection: Connection) -> bool:
        """Not idle for long, and nothing to read: a server that speaks unasked says goodbye."""
        is_fresh = time.monotonic() - connection.quiet_since < IDLE_SECONDS
        if connection.is_free and is_fresh and not select.select([connection], [], [], 0)[0]:
            return True
        connection.close()
        return False

    def _forget_if_forked(self) -> None:
        """A child must not speak on its parent's connections."""
        if self._process != os.getpid():
            self._kept, self._process = [], os.getpid()


_lines: dict[Relay, Lines] = {}


def lines_to(relay: Relay) -> Lines:
    return _lines.setdefault(relay, Lines(relay))


def hang_up_everywhere() -> None:
    for lines in _lines.values():
        lines.hang_up()
    _lines.clear()
