from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_workspace, current_workspace_id
from customers.staging import mixed
from messaging.addresses import hash_address
from messaging.drafts import MessageDraft
from messaging.models import MessageState
from messaging.reasons import TAKEN_BACK, WANTS_CONSENT, Reason

QUEUE = "messages"
CAMPAIGNS = "campaigns"
LARGEST_BATCH = 10_000  # rows a statement, so that no transaction holds the timeline's horizon for long

_json = msgspec.json.Encoder()


@transaction.atomic
def queue_messages(drafts: Iterable[MessageDraft]) -> int:
    """Put messages into the outbox. Returns how many are new: a dedupe key that is there already changes nothing.

    But a message that its automation took back before it left (TAKEN_BACK), or that was kept back for want of consent,
    goes into the queue again, as drafted now: who drafts the latter again knows that consent was given meanwhile.
    """
    by_key: dict[str, MessageDraft] = {}
    for draft in drafts:
        by_key.setdefault(draft.dedupe_key, draft)
    batch = list(by_key.values())
    queued = sum(
        _insert(batch[start : start + LARGEST_BATCH], timezone.now()) for start in range(0, len(batch), LARGEST_BATCH)
    )
    if queued:
        _ring_for(batch)
    return queued


def _insert(drafts: Sequence[MessageDraft], now: datetime) -> int:
    columns = list(zip(*(_row(draft, now) for draft in drafts), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into messaging_message
                 (workspace_id, message_id, created_at, reply, attempts, lease_token, state, reason, settled_at,
                  customer_id, topic_id, template_version_id, campaign_id, purpose, dedupe_key, address, address_hash,
                  context, priority, not_before, goal_from, enrolment_id, step)
               select %s, '<' || replace(gen_random_uuid()::text, '-', '') || '.' || %s || '>', %s, '', 0, '', draft.*
               from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[],
                           %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::int[],
                           %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::text[]) as draft
               on conflict (workspace_id, dedupe_key) do update
                 set state = 'queued', reason = '', settled_at = null, topic_id = excluded.topic_id,
                     template_version_id = excluded.template_version_id, address = excluded.address,
                     address_hash = excluded.address_hash, context = excluded.context,
                     priority = excluded.priority, not_before = excluded.not_before
                 where messaging_message.state = 'cancelled' and messaging_message.reason = any(%s)
                    or messaging_message.state = 'skipped' and messaging_message.reason = any(%s)""",
            [
                current_workspace_id(),
                _message_id_end(),
                now,
                *(mixed(column) for column in columns),
                TAKEN_BACK,
                WANTS_CONSENT,
            ],
        )
        return int(cursor.rowcount)


def _row(draft: MessageDraft, now: datetime) -> tuple[str | int | datetime | None, ...]:
    address = draft.address.strip()
    due = draft.not_before or now
    return (
        MessageState.SKIPPED.value if draft.held_out else MessageState.QUEUED.value,
        Reason.HOLDOUT.value if draft.held_out else "",
        now if draft.held_out else None,
        draft.customer_id,
        draft.topic_id,
        draft.template_version_id,
        draft.campaign_id,
        draft.purpose,
        draft.dedupe_key,
        address,
        hash_address(address),
        _json.encode(draft.context).decode(),
        draft.priority,
        due,
        max(due, now) if draft.campaign_id else None,
        draft.enrolment_id,
        draft.step,
    )


def _ring_for(drafts: Sequence[MessageDraft]) -> None:
    """One ring, for the first that is due: whoever answers rings again for the next."""
    times = [draft.not_before for draft in drafts]
    due = [time for time in times if time is not None and time > timezone.now()]
    ring(QUEUE, due_at=min(due) if len(due) == len(times) else None)


def _message_id_end() -> str:
    """What follows the random part of a Message-ID: whose it is, for whoever answers, and where we are reached."""
    return f"{current_workspace().public_key}@{our_host()}"


def our_host() -> str:
    """The name that this installation is reached by."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"
