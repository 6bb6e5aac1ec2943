"""Settling what is in doubt from the relay's own log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.outcomes import sending_lease
from messaging.actions.settling import Finding, settle_by_evidence
from messaging.models import Message
from messaging.queries.outbox import database_now
from messaging.sending.evidence import RelayLog

STEP = 1000  # messages in one transaction


@dataclass(frozen=True)
class Tally:
    sent: int = 0
    queued: int = 0
    left: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.sent + other.sent, self.queued + other.queued, self.left + other.left)


def reconcile(workspace: Workspace, log: RelayLog) -> Tally:
    """Ask the log about every message in doubt. What it cannot answer stays in doubt."""
    total, after = Tally(), 0
    while True:
        with workspace_scope(workspace):
            messages = list(Message.objects.unknown().filter(pk__gt=after).order_by("pk")[:STEP])
            # Before the log is read, and by the clock that says when they were tried.
            quiet_since = database_now() - sending_lease()
        if not messages:
            return total
        total += _settle(workspace, messages, log, quiet_since=quiet_since)
        after = messages[-1].pk


def _settle(workspace: Workspace, messages: list[Message], log: RelayLog, *, quiet_since: datetime) -> Tally:
    """What was tried before `quiet_since`, the relay had made up its mind about before its log is read here.

    That is done outside the scope: it may be long.
    """
    accepted = log.accepted({message.message_id for message in messages})
    findings = [
        Finding(message.pk, message.tried_at, is_accepted=message.message_id in accepted)
        for message in messages
        if message.tried_at is not None
        and (message.message_id in accepted or (message.tried_at < quiet_since and log.covers(message.tried_at)))
    ]
    with workspace_scope(workspace):
        settled = settle_by_evidence(findings, evidence=type(log).__name__)
    return Tally(sent=settled["sent"], queued=settled["queued"], left=len(messages) - settled.total())
