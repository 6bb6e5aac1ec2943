"""One claimed batch on its way to the relay.

Several connections, each with one message under way. What the relay has answered is settled in one transaction,
together with the marks of the messages that it waits for now: `leased -> sending`, committed before a body leaves.
A transaction for ten costs little more than one for one, so whoever may leave first waits a moment for the others
(ADR 0017).
So at any moment a connection has at most one marked message, and a process that is killed leaves at most
SMTP_CONNECTIONS of them in doubt.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import time
from collections.abc import Iterator, Sequence

from django.db import Error, connection

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.outcomes import Mark, Outcome, advance_messages
from messaging.eligibility import kept_back
from messaging.queries.outbox import still_in_hand
from messaging.sending.connections import Connection, Envelope, Happening
from messaging.sending.lines import Lines
from messaging.sending.preparation import Allowed, Desk, outcome_of
from messaging.sending.relays import RelayUnavailable
from messaging.sending.verdicts import Verdicts, put_back

log = logging.getLogger(__name__)

LONGEST_WAIT = 0.05  # seconds until an outcome is written down even if nothing else is to be
COMPANY = 0.005  # seconds that the first whom the relay asks for a body waits for others: less than a transaction takes
DATABASE_PATIENCE = 60  # seconds for which outcomes that could not be written are kept and tried again
DATABASE_PAUSE = 0.5
_NEVER = float("inf")

Happened = tuple[Connection, Happening]


class Shipment:
    """`allowed` are leased under `token`. What is not begun by `until` (monotonic seconds) stays leased."""

    def __init__(  # noqa: PLR0913  all of it is one batch's
        self,
        workspace: Workspace,
        lines: Lines,
        desk: Desk,
        allowed: Sequence[Allowed],
        *,
        token: str,
        until: float,
        has_caps: bool = False,
    ) -> None:
        self._workspace = workspace
        self._lines = lines
        self._desk = desk
        self._has_caps = has_caps
        self._by_id = {each.message.pk: each for each in allowed}
        self._waiting: Iterator[Allowed] = iter(allowed)
        self._token = token
        self._until = until
        self._outcomes: list[Outcome] = []
        self._settle_at = 0.0
        self._mark_at = _NEVER
        self._connections: list[Connection] = []
        self._selector = selectors.DefaultSelector()
        self.verdicts = Verdicts()

    def send(self) -> Verdicts:
        """Everything, until the relay or the time has had enough."""
        try:
            borrowed = self._lines.borrow(len(self._by_id))
        except RelayUnavailable as error:
            self.verdicts.trouble = str(error)
            return self.verdicts
        try:
            for each in borrowed:
                self._take_on(each)
            self._run()
        finally:
            try:
                self._write_until_done()
            finally:
                self._selector.close()
                self._lines.give_back(self._connections)
        return self.verdicts

    def _run(self) -> None:
        while True:
            for each in self._connections:
                if each.is_free and (envelope := self._next_envelope()) is not None:
                    each.offer(envelope)
            if all(each.is_free for each in self._connections):
                return
            self._settle(self._wait())
            self._replace_lost()

    def _next_envelope(self) -> Envelope | None:
        """The next message, written now; those that cannot be written are settled on the way."""
        while not self.verdicts.trouble and time.monotonic() < self._until:
            allowed = next(self._waiting, None)
            if allowed is None:
                return None
            written = self._desk.write(allowed)
            if isinstance(written, Envelope):
                return written
            self._keep([written])
        return None

    def _wait(self) -> list[Happened]:
        """Write what can be written and read what has come, until something has happened or it is time for it."""
        happened: list[Happened] = []
        for each in self._connections:
            if each.has_more_to_write:
                happened += self._told(each, each.write())
        if not happened:
            self._watch()
            for key, _ in self._selector.select(self._patience()):
                where = key.fileobj
                if isinstance(where, Connection) and where.is_open:
                    happened += self._told(where, [*where.write(), *where.read()])
        now = time.monotonic()
        for each in self._connections:
            if each.deadline <= now:
                happened += self._told(each, each.time_out())
        return happened

    @staticmethod
    def _told(where: Connection, happenings: Sequence[Happening]) -> list[Happened]:
        return [(where, what) for what in happenings]

    def _watch(self) -> None:
        for each in self._connections:
            if each.is_open:
                writing = selectors.EVENT_WRITE if each.has_more_to_write else 0
                self._selector.modify(each, selectors.EVENT_READ | writing)

    def _patience(self) -> float:
        """Seconds until something has to be done even if no server says a word."""
        until = min(self._mark_at, *(each.deadline for each in self._connections))
        if self._outcomes:
            until = min(until, self._settle_at)
        return max(0.0, min(until - time.monotonic(), 60.0))

    def _settle(self, happened: list[Happened]) -> None:
        self._keep([outcome for where, what in happened if (outcome := self.verdicts.on(what, where)) is not None])
        held = [each for each in self._connections if each.held is not None]
        now = time.monotonic()
        self._mark_at = min(self._mark_at, now + COMPANY) if held else _NEVER
        is_full = all(each.held is not None or each.is_free for each in self._connections)
        if (held and is_full) or now >= self._mark_at or (self._outcomes and now >= self._settle_at):
            self._commit(held)

    def _keep(self, outcomes: list[Outcome]) -> None:
        """Outcomes wait a moment for the marks that they can be written with."""
        if outcomes and not self._outcomes:
            self._settle_at = time.monotonic() + LONGEST_WAIT
        self._outcomes += outcomes

    def _commit(self, held: list[Connection]) -> None:
        """Settle and mark in one transaction; only then may the marked bodies leave."""
        self._mark_at = _NEVER
        by_key = {each.held.key: each for each in held if each.held is not None}
        marked_at = time.monotonic()
        try:
            allowed = self._advance([self._desk.mark(self._by_id[key]) for key in by_key])
        except Error as error:
            self._survive(error, held)
            return
        for key, each in by_key.items():
            if key in allowed:
                each.deliver(marked_at=marked_at, then=self._next_envelope())
            else:
                each.abandon()
        if stopped := by_key.keys() - allowed:
            self._explain(stopped)

    def _advance(self, marks: Sequence[Mark]) -> set[int]:
        with workspace_scope(self._workspace):
            allowed = advance_messages(token=self._token, outcomes=self._outcomes, marks=marks, has_caps=self._has_caps)
        self._outcomes = []
        return allowed

    def _survive(self, error: Exception, held: Sequence[Connection]) -> None:
        """The database is away: nothing new leaves, and what the relay says is kept until it can be written down.

        Whether the marks were committed we cannot know, but that no body left we do: these go back into the queue.
        """
        log.warning("the database went away during a shipment: %s", error)
        connection.close()
        self.verdicts.trouble, self.verdicts.is_ours = "the database went away", True
        self._keep([put_back(each.abandon().key) for each in held])
        self._settle_at = time.monotonic() + DATABASE_PAUSE

    def _explain(self, stopped: set[int]) -> None:
        """Those that may not leave although they are in our hands still, for what has become true just now.

        Their address was suppressed, or another message took their customer's last place; if that was given back
        meanwhile, they go in the next round. The others were stopped by somebody, or their lease has run out: then they
        are not ours to write about.
        """
        with contextlib.suppress(Error), workspace_scope(self._workspace):
            messages = still_in_hand(stopped, token=self._token)
            holds = kept_back(messages)
            self._keep(
                [outcome_of(each.pk, holds[each.pk]) if each.pk in holds else put_back(each.pk) for each in messages]
            )

    def _replace_lost(self) -> None:
        lost = [each for each in self._connections if not each.is_open]
        for each in lost:  # all of them before one is opened, which may be given the same file descriptor
            self._selector.unregister(each)
            self._connections.remove(each)
        for _ in lost:
            if self.verdicts.trouble:
                return
            try:
                self._take_on(self._lines.open())
            except RelayUnavailable as error:
                if not self._connections:
                    self.verdicts.trouble = str(error)

    def _take_on(self, each: Connection) -> None:
        self._selector.register(each, selectors.EVENT_READ)
        self._connections.append(each)

    def _write_until_done(self) -> None:
        """A live worker writes down what it knows, even if the database has to come back first."""
        give_up_at = time.monotonic() + DATABASE_PATIENCE
        while self._outcomes:
            try:
                self._advance([])
            except Error:
                connection.close()
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(DATABASE_PAUSE)
