"""What became of messages in hand, and which of them may leave. One transaction, which waits for no network.

Whatever is written about a message in hand names its token, so that a worker whose lease ran out changes nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_workspace_id
from customers.staging import fetch
from messaging.actions.slots import give_back_slots, take_slots
from messaging.events import MessageFailed, MessageInDoubt, MessageSent, MessageSkipped
from messaging.models import MessageEvent, MessageState
from messaging.reasons import Reason
from timeline.recording import record_many
from timeline.registry import EventBody

DOUBTS = "messages in doubt"
MOST_ATTEMPTS = 8
LONGEST_BACK_OFF = timedelta(hours=1)
LONGEST_REPLY = 500  # characters

_json = msgspec.json.Encoder()


@dataclass(frozen=True)
class Outcome:
    """What became of a message in hand. `is_try`: the relay was asked, and this counts as an attempt.

    `reason` of one that goes back into the queue is why it fails if this was its last attempt; of one that has to wait
    `until` then, why it waits.
    """

    message_id: int
    state: MessageState
    reason: str = ""
    reply: str = ""
    is_try: bool = True
    # For one that goes back into the queue: not before this many seconds from now, times two for each attempt.
    back_off: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Mark:
    """A message whose body is about to leave, what it was rendered with, and where its links lead."""

    message_id: int
    context: dict[str, Any] = field(default_factory=dict)
    link_set_id: int | None = None
    links: dict[str, str] | None = None


@transaction.atomic(savepoint=False)
def advance_messages(
    *, token: str, outcomes: Sequence[Outcome] = (), marks: Sequence[Mark] = (), has_caps: bool = False
) -> set[int]:
    """Write down what became of some messages in hand, and mark others as leaving. Returns which of these may leave.

    A marked message may not leave if its lease ran out, if somebody stopped it or paused its campaign, or if its
    address was suppressed; nor, where the workspace `has_caps`, if its customer has no place left.
    """
    if outcomes:
        _settle(outcomes, token)
    if not marks:
        return set()
    return _mark_within_caps(marks, token) if has_caps else _mark(marks, token)


_GIVES_UP = "(d.state = 'queued' and m.attempts + d.tried >= %(most)s)"
# By their ids, told twice: while a table's statistics lag behind what was queued, a join alone would read all of it.
_SETTLE = f"""
update messaging_message m
set state = case when {_GIVES_UP} then 'failed' else d.state end,
    lease_token = '', lease_expires_at = null, attempts = m.attempts + d.tried,
    reason = case when d.state <> 'queued' or d.until is not null then d.reason
                  when {_GIVES_UP} then coalesce(nullif(d.reason, ''), %(gave_up)s)
                  else '' end,
    reply = case when d.reply = '' then m.reply else d.reply end,
    sent_at = case when d.state = 'sent' then now() end,
    settled_at = case when d.state in ('sent', 'failed', 'skipped') or {_GIVES_UP} then now() end,
    not_before = case when d.state <> 'queued' or {_GIVES_UP} then m.not_before
                      when d.until is not null then d.until
                      when d.back_off > 0
                      then now() + least(d.back_off * 2 ^ least(m.attempts, 20) * interval '1 second', %(longest)s)
                      else m.not_before end
from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(replies)s::text[], %(tried)s::int[],
            %(back_offs)s::int[], %(untils)s::timestamptz[]) as d(id, state, reason, reply, tried, back_off, until)
where m.workspace_id = %(workspace)s and m.id = any(%(ids)s::bigint[]) and m.id = d.id
  and (m.state in ('leased', 'sending') and m.lease_token = %(token)s or m.state = 'unknown' and d.state = 'sent')
returning m.id, m.customer_id, m.purpose, m.state, m.reason, d.reply"""  # noqa: S608  our own words


def _settle(outcomes: Sequence[Outcome], token: str) -> None:
    parameters = {
        "ids": [outcome.message_id for outcome in outcomes],
        "states": [str(outcome.state) for outcome in outcomes],
        "reasons": [str(outcome.reason) for outcome in outcomes],
        "replies": [outcome.reply[:LONGEST_REPLY] for outcome in outcomes],
        "tried": [int(outcome.is_try) for outcome in outcomes],
        "back_offs": [outcome.back_off for outcome in outcomes],
        "untils": [outcome.until for outcome in outcomes],
        "workspace": current_workspace_id(),
        "token": token,
        "most": MOST_ATTEMPTS,
        "gave_up": Reason.GAVE_UP,
        "longest": LONGEST_BACK_OFF,
    }
    settled = [Settled(*row) for row in fetch(_SETTLE, parameters)]
    record_settled(settled)
    put_off = [each for each in settled if each.state == MessageState.QUEUED and (each.reply or each.reason)]
    if put_off:
        MessageEvent.objects.bulk_create(
            MessageEvent(message_id=each.message_id, kind="put_off", detail=each.reply or each.reason)
            for each in put_off
        )


@dataclass(frozen=True)
class Settled:
    message_id: int
    customer_id: int | None
    purpose: str
    state: str
    reason: str
    reply: str

    def event(self) -> EventBody | None:
        """What the timeline is told; nothing of a message that went back into the queue."""
        facts: dict[str, Any] = {
            "customer_id": self.customer_id,
            "message_id": self.message_id,
            "purpose": self.purpose,
        }
        if self.state == MessageState.SENT:
            return MessageSent(**facts)
        if self.state == MessageState.FAILED:
            return MessageFailed(**facts, reason=self.reason)
        if self.state == MessageState.SKIPPED:
            return MessageSkipped(**facts, reason=self.reason)
        return MessageInDoubt(**facts) if self.state == MessageState.UNKNOWN else None


def record_settled(settled: Sequence[Settled]) -> None:
    """Tell the timeline, and have the relay's log asked about what is in doubt."""
    record_many(event for each in settled if (event := each.event()) is not None)
    give_back_slots([each.message_id for each in settled if each.state in (MessageState.FAILED, MessageState.SKIPPED)])
    if any(each.state == MessageState.UNKNOWN for each in settled):
        ring(DOUBTS, due_at=timezone.now() + sending_lease())


def _mark(marks: Sequence[Mark], token: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """update messaging_message m
               set state = 'sending', lease_expires_at = now() + %s, tried_at = now(), context = d.context,
                   link_set_id = d.link_set, links = d.links
               from unnest(%s::bigint[], %s::jsonb[], %s::bigint[], %s::jsonb[]) as d(id, context, link_set, links)
               where m.workspace_id = %s and m.id = any(%s::bigint[]) and m.id = d.id
                 and m.state = 'leased' and m.lease_token = %s and m.lease_expires_at > now()
                 and not exists (select from messaging_suppression s
                                 where s.workspace_id = m.workspace_id and s.address_hash = m.address_hash
                                   and (m.topic_id is not null or s.reason <> 'unsubscribed'))
                 and (m.campaign_id is null
                      or exists (select from messaging_campaign c
                                 where c.workspace_id = m.workspace_id and c.id = m.campaign_id
                                   and c.state = 'sending'))
               returning m.id""",
            [
                sending_lease(),  # type: ignore[list-item]  # as above
                [mark.message_id for mark in marks],
                [_json.encode(mark.context).decode() for mark in marks],
                [mark.link_set_id for mark in marks],
                [None if mark.links is None else _json.encode(mark.links).decode() for mark in marks],
                current_workspace_id(),
                [mark.message_id for mark in marks],
                token,
            ],
        )
        return {message_id for (message_id,) in cursor.fetchall()}


def _mark_within_caps(marks: Sequence[Mark], token: str) -> set[int]:
    """The place is taken before the mark, and given back with it: a message that stays holds none."""
    capped = take_slots([mark.message_id for mark in marks])
    placed = [mark for mark in marks if mark.message_id not in capped]
    marked = _mark(placed, token) if placed else set()
    give_back_slots([mark.message_id for mark in placed if mark.message_id not in marked])
    return marked


def sending_lease() -> timedelta:
    """How long a message can be on its way: longer than we wait for the relay's last word."""
    return timedelta(seconds=settings.SMTP_BODY_SECONDS * 1.2)
