"""What mail servers, providers and customers say of messages that have left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.utils import timezone

from accounts.scope import current_workspace_id
from messaging.actions.notices import tell_of_reply
from messaging.actions.settling import Finding, settle_by_evidence
from messaging.actions.suppression import suppress_recipients
from messaging.events import MessageBounced, MessageComplained, MessageDelivered, MessageReplied
from messaging.inbound.reading import IncomingReply, Report, ReportKind
from messaging.models import LEASED_STATES, Message, MessageEvent, MessageState, Reply, SuppressionReason
from messaging.queries.consent import recipient_of
from timeline.recording import record, record_many
from timeline.registry import EventBody

# More than seven in a row, and the address is written to no more.
MOST_SOFT_BOUNCES = 7
_STATE_OF: Mapping[ReportKind, MessageState] = {
    ReportKind.DELIVERED: MessageState.DELIVERED,
    ReportKind.HARD_BOUNCE: MessageState.BOUNCED,
    ReportKind.COMPLAINED: MessageState.COMPLAINED,
}
_MAY_FOLLOW: Mapping[MessageState, tuple[MessageState, ...]] = {
    MessageState.DELIVERED: (MessageState.SENT,),
    MessageState.BOUNCED: (MessageState.SENT, MessageState.DELIVERED),
    MessageState.COMPLAINED: (MessageState.SENT, MessageState.DELIVERED),
}
_EVENT_OF: Mapping[MessageState, type[MessageDelivered | MessageBounced | MessageComplained]] = {
    MessageState.DELIVERED: MessageDelivered,
    MessageState.BOUNCED: MessageBounced,
    MessageState.COMPLAINED: MessageComplained,
}


class StillLeaving(Exception):
    """A report came before its message's worker could write down that it was sent. Take it in again in a moment."""


@transaction.atomic
def take_in_reports(reports: Iterable[Report]) -> int:
    """Write down what became of messages. Returns how many reports were news; the same one twice changes nothing.

    Reports of messages that are not this workspace's are none. Raises StillLeaving.
    """
    reports = list(reports)
    by_message_id = {message.message_id: message for message in _named_in(reports)}
    told = {
        (by_message_id[each.message_id].pk, str(each.kind), each.key): each
        for each in reports
        if each.message_id in by_message_id
    }
    _settle_doubts(by_message_id.values())
    news = [(by_message_id[report.message_id], report) for report in _write_down(told)]
    for kind, state in _STATE_OF.items():
        _advance([message for message, report in news if report.kind == kind], state)
    suppress_recipients(
        _softly_bounced_too_often([message for message, report in news if report.kind == ReportKind.SOFT_BOUNCE]),
        reason=SuppressionReason.SOFT_BOUNCES,
    )
    suppress_recipients(
        [message for message, report in news if report.kind == ReportKind.UNSUBSCRIBED],
        reason=SuppressionReason.UNSUBSCRIBED,
    )
    return len(news)


def _named_in(reports: Sequence[Report]) -> list[Message]:
    """Locked, in the order of their ids."""
    named = Message.objects.filter(message_id__in={report.message_id for report in reports})
    found = list(named.select_for_update(of=("self",)).order_by("pk"))
    if any(message.state in LEASED_STATES for message in found):
        raise StillLeaving
    return found


def _settle_doubts(messages: Iterable[Message]) -> None:
    """Whoever reports on a message has it: it was sent."""
    settle_by_evidence(
        [
            Finding(message.pk, message.tried_at, is_accepted=True)
            for message in messages
            if message.state == MessageState.UNKNOWN and message.tried_at
        ],
        evidence="provider",
    )


def _write_down(told: Mapping[tuple[int, str, str], Report]) -> list[Report]:
    """The reports that nobody brought before. Their messages are locked, so that nobody does so meanwhile."""
    seen = MessageEvent.objects.filter(message__in={message_id for message_id, _, _ in told}).exclude(key="")
    before = set(seen.values_list("message_id", "kind", "key"))
    news = {place: report for place, report in told.items() if place not in before}
    MessageEvent.objects.bulk_create(
        MessageEvent(message_id=message_id, kind=kind, key=key, at=report.at, detail=report.detail)
        for (message_id, kind, key), report in news.items()
    )
    return list(news.values())


def _advance(messages: Sequence[Message], state: MessageState) -> None:
    rows = Message.objects.filter(pk__in=[message.pk for message in messages], state__in=_MAY_FOLLOW[state])
    advanced = list(rows.values_list("pk", "customer_id", "purpose"))
    rows.update(state=state, settled_at=timezone.now())
    events: list[EventBody] = [
        _EVENT_OF[state](customer_id=customer_id, message_id=pk, purpose=purpose)
        for pk, customer_id, purpose in advanced
    ]
    record_many(events)


def _softly_bounced_too_often(messages: Sequence[Message]) -> list[Message]:
    """Those whose address has put off or lost the last so many messages, each of them, and not one got through."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select m.id
               from unnest(%(messages)s::bigint[]) as asked(id)
               join messaging_message m on m.workspace_id = %(workspace)s and m.id = asked.id
               where %(most)s < (
                 select count(*) filter (where exists (
                          select from messaging_messageevent e
                          where e.workspace_id = %(workspace)s and e.message_id = last.id and e.kind = 'soft_bounce'))
                 from (select l.id from messaging_message l
                       where l.workspace_id = %(workspace)s and l.address_hash = m.address_hash
                         and l.state in ('sent', 'delivered', 'bounced', 'complained')
                       order by l.id desc limit %(most)s + 1) last)""",
            {
                "messages": [message.pk for message in messages],
                "workspace": current_workspace_id(),
                "most": MOST_SOFT_BOUNCES,
            },
        )
        tired = {message_id for (message_id,) in cursor.fetchall()}
    return [message for message in messages if message.pk in tired]


@transaction.atomic
def take_in_reply(told: IncomingReply) -> Reply | None:
    """Put it on the customer's timeline, and tell the business. The same mail twice is one.

    An automatic answer is only noted down with its message. Nothing comes of what answers no message of ours to a
    customer, or is from somebody who was erased since: their words would be back.
    """
    message = Message.objects.filter(message_id__in=told.message_ids, customer__isnull=False).order_by("pk").last()
    if message is None or message.customer_id is None or recipient_of(message) is None:
        return None
    if told.is_automatic:
        MessageEvent.objects.bulk_create(
            [MessageEvent(message=message, kind="auto_replied", key=told.mail_id[:200], at=told.at)],
            ignore_conflicts=True,
        )
        return None
    reply, is_new = Reply.objects.get_or_create(
        mail_id=told.mail_id,
        defaults={
            "customer_id": message.customer_id,
            "message": message,
            "sender": told.sender,
            "subject": told.subject,
            "text": told.text,
            "received_at": told.at,
        },
    )
    if is_new:
        record(
            MessageReplied(
                customer_id=message.customer_id, message_id=message.pk, purpose=message.purpose, reply_id=reply.pk
            )
        )
        tell_of_reply(reply)
    return reply
