"""What is known of how messages are read: traces are kept as they come, and judged a moment later, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.actions import audit
from accounts.doorbells import ring
from accounts.scope import current_workspace_id
from messaging.actions.conversions import attribute_orders_of
from messaging.events import MessageClicked, MessageOpened, TrackingChanged
from messaging.models import Message, MessageEvent, Trace, TrackingPolicy
from messaging.queries.readings import address_behind
from messaging.tracking.judging import JUDGED_AFTER, TRAP_JUDGED_AFTER, machines_among, ripe_among
from messaging.tracking.marking import HONEYPOT
from timeline.recording import record, record_many
from timeline.registry import EventBody

QUEUE = "readings"
STEP = 1000
LONGEST_DETAIL = 500


@transaction.atomic
def leave_trace(message: Message, *, link: str = "", is_machine: bool) -> None:
    """A link of the message was fetched, or (blank) its picture. Who did it is judged JUDGED_AFTER from now."""
    Trace.objects.create(message=message, link=link, is_machine=is_machine)
    ring(QUEUE, due_at=timezone.now() + JUDGED_AFTER)


@transaction.atomic
def write_tracking_policy(
    *, counts_opens: bool, counts_clicks: bool, own_domains: Sequence[str], utm_source: str
) -> TrackingPolicy:
    """What is counted of messages that leave from now on."""
    wanted = {
        "counts_opens": counts_opens,
        "counts_clicks": counts_clicks,
        "own_domains": list(own_domains),
        "utm_source": utm_source,
    }
    policy, _ = TrackingPolicy.objects.update_or_create(defaults=wanted)
    record(TrackingChanged(customer_id=None, policy_id=policy.pk))
    audit(gettext_noop("changed what is counted of messages"), "", **wanted)
    return policy


Known = dict[int, dict[tuple[str, str], datetime]]


@dataclass
class Reading:
    """What the traces of one message come to: its columns as they will be, and what is new."""

    message: Message
    known: dict[tuple[str, str], datetime]
    remarks: list[MessageEvent] = field(default_factory=list)
    news: list[EventBody] = field(default_factory=list)
    touched_again_at: datetime | None = None

    def take(self, trace: Trace, *, is_machine: bool) -> None:
        message = self.message
        if is_machine and trace.link:
            self._remark("machine_clicked", trace, key=trace.link)
        elif is_machine:
            message.machine_opened_at = message.machine_opened_at or trace.at
            self._remark("machine_opened", trace)
        else:
            # Who follows a link has opened the message, whether pictures were shown or not.
            if self._touch("opened_at", trace):
                self.news.append(MessageOpened(**self._about(trace)))
            self._remark("opened", trace)
            if trace.link:
                self._touch("clicked_at", trace)
                if self._remark("clicked", trace, key=trace.link):
                    self.news.append(MessageClicked(**self._about(trace), link=trace.link))

    def _touch(self, column: str, trace: Trace) -> bool:
        """Whether that is the first."""
        known = getattr(self.message, f"last_{column}") or getattr(self.message, column)
        if known is None:
            setattr(self.message, column, trace.at)
        elif trace.at > known:
            setattr(self.message, f"last_{column}", trace.at)
            self.touched_again_at = self.touched_again_at or trace.at
        return known is None

    def _remark(self, kind: str, trace: Trace, *, key: str = "first") -> bool:
        """Whether that is new."""
        if (kind, key) in self.known:
            return False
        self.known[kind, key] = trace.at
        where = address_behind(self.message, trace.link)[:LONGEST_DETAIL] if trace.link else ""
        remark = MessageEvent(message=self.message, kind=kind, key=key, at=trace.at, detail=where)
        self.remarks.append(remark)
        return True

    def _about(self, trace: Trace) -> dict[str, Any]:
        message = self.message
        return {
            "customer_id": message.customer_id,
            "occurred_at": trace.at,
            "message_id": message.pk,
            "purpose": message.purpose,
        }


@transaction.atomic
def judge_traces(*, now: datetime, limit: int = STEP) -> int:
    """Say of the messages with the oldest traces who read them. Returns how many traces are done with.

    Each message is judged by one worker, and whole: what betrays a scanner is that it took several links.
    """
    is_ripe = Q(at__lte=now - JUDGED_AFTER) & ~Q(link=HONEYPOT) | Q(at__lte=now - TRAP_JUDGED_AFTER)
    oldest = Trace.objects.filter(is_ripe).order_by("at", "pk").values_list("message_id", flat=True)
    messages = _locked(list(oldest[:limit]))
    if not messages:
        return 0
    known = _known(messages)
    traces: dict[int, list[Trace]] = defaultdict(list)
    for trace in Trace.objects.filter(message__in=messages).order_by("at", "pk"):
        traces[trace.message_id].append(trace)
    readings, done = [], []
    for message_id, found in traces.items():
        reading = Reading(messages[message_id], known[message_id])
        trapped = reading.known.get(("machine_clicked", HONEYPOT))
        left_at = reading.message.tried_at
        machines = machines_among(found, left_at=left_at, trapped_at=[trapped] if trapped else [])
        ripe = ripe_among(found, now=now)
        for trace in found:
            if trace.pk in ripe:
                reading.take(trace, is_machine=trace.pk in machines)
                done.append(trace.pk)
        readings.append(reading)
    _write(readings)
    Trace.objects.filter(pk__in=done).delete()
    return len(done)


def next_judgement_at() -> datetime | None:
    """When the oldest trace can be judged."""
    traces = Trace.objects.order_by("at", "pk").values_list("at", flat=True)
    oldest, trapped = traces.exclude(link=HONEYPOT).first(), traces.filter(link=HONEYPOT).first()
    ripe_at = [oldest + JUDGED_AFTER] if oldest else []
    return min([*ripe_at, trapped + TRAP_JUDGED_AFTER] if trapped else ripe_at, default=None)


def _locked(message_ids: Sequence[int]) -> dict[int, Message]:
    """Those of them that no other worker is judging."""
    messages = Message.objects.select_related("link_set").filter(pk__in=set(message_ids)).order_by("pk")
    return {message.pk: message for message in messages.select_for_update(of=("self",), no_key=True, skip_locked=True)}


def _known(messages: Mapping[int, Message]) -> Known:
    kinds = ("opened", "clicked", "machine_opened", "machine_clicked")
    known: Known = {message_id: {} for message_id in messages}
    rows = MessageEvent.objects.filter(message__in=messages, kind__in=kinds)
    for message_id, kind, key, at in rows.values_list("message_id", "kind", "key", "at"):
        known[message_id][kind, key] = at
    return known


def _write(readings: Sequence[Reading]) -> None:
    changed = [reading for reading in readings if reading.remarks or reading.touched_again_at]
    columns = ("pk", "opened_at", "clicked_at", "machine_opened_at", "last_opened_at", "last_clicked_at")
    with connection.cursor() as cursor:
        cursor.execute(
            """update messaging_message m
               set opened_at = d.opened_at, clicked_at = d.clicked_at, machine_opened_at = d.machine_opened_at,
                   last_opened_at = d.last_opened_at, last_clicked_at = d.last_clicked_at
               from unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
                           %s::timestamptz[])
                      as d(id, opened_at, clicked_at, machine_opened_at, last_opened_at, last_clicked_at)
               where m.workspace_id = %s and m.id = d.id""",
            [*([getattr(each.message, name) for each in changed] for name in columns), current_workspace_id()],
        )
    MessageEvent.objects.bulk_create(remark for reading in changed for remark in reading.remarks)
    record_many(event for reading in changed for event in reading.news)
    _attribute_again(changed)


def _attribute_again(readings: Sequence[Reading]) -> None:
    """Nothing is told of a later touch: what was ordered right after it may have been told before it was judged."""
    again = {each.message.customer_id: each.touched_again_at for each in readings if each.touched_again_at}
    customers = {customer_id for customer_id in again if customer_id}
    if customers:
        attribute_orders_of(customers, since=min(at for at in again.values() if at))
