"""The ledger for many at once: one statement for a file's rows or a program's batch, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.scope import current_actor, current_workspace_id
from messaging.actions.consent import EVENT_OF_STATE
from messaging.actions.stopping import skip_messages
from messaging.models import ConsentSource, ConsentState, Message
from messaging.reasons import Reason
from timeline.recording import record_many


@dataclass(frozen=True)
class Said:
    """One customer's word on one topic: `given` or `withdrawn`, and when."""

    customer_id: int
    topic_id: int
    state: ConsentState
    at: datetime
    wording: str = ""
    detail: str = ""


@transaction.atomic
def record_consents(words: Iterable[Said], *, source: ConsentSource) -> int:
    """Write down what many customers said. Returns how many were news; the same batch again gives 0.

    A file (`source` import) only speaks for those who never spoke themselves: it gives no consent where anything was
    said before, and resurrects nobody. A withdrawal counts from wherever it comes, unless a newer word stands.
    """
    batch = list(words)
    if not batch:
        return 0
    written = _insert(batch, source)
    record_many(
        EVENT_OF_STATE[ConsentState(state)](customer_id=customer_id, topic_id=topic_id, source=source, occurred_at=at)
        for customer_id, topic_id, state, at in written
    )
    _keep_back([(customer, topic) for customer, topic, state, _ in written if state == ConsentState.WITHDRAWN])
    return len(written)


def _insert(batch: list[Said], source: ConsentSource) -> list[tuple[int, int, str, datetime]]:
    now = timezone.now()
    columns = [list(column) for column in zip(*(astuple(word) for word in batch), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into messaging_consentrecord
                 (workspace_id, customer_id, topic_id, state, source, wording, detail, actor, at)
               select distinct on (said.customer_id, said.topic_id)
                      %(workspace)s, said.customer_id, said.topic_id, said.state, %(source)s, said.wording, said.detail,
                      %(actor)s, least(said.at, %(now)s)
               from unnest(%(customers)s::bigint[], %(topics)s::bigint[], %(states)s::text[], %(ats)s::timestamptz[],
                           %(wordings)s::text[], %(details)s::text[])
                    as said(customer_id, topic_id, state, at, wording, detail)
               left join lateral (
                 select r.state, r.at from messaging_consentrecord r
                 where r.workspace_id = %(workspace)s and r.customer_id = said.customer_id
                   and r.topic_id = said.topic_id
                 order by r.at desc, r.id desc limit 1
               ) before on true
               where before.state is null
                  or (before.state <> said.state and before.at <= said.at
                      and (said.state = 'withdrawn' or %(source)s <> 'import'))
               order by said.customer_id, said.topic_id, said.at desc
               returning customer_id, topic_id, state, at""",
            {
                "workspace": current_workspace_id(),
                "source": source.value,
                "actor": current_actor(),
                "now": now,
                **dict(zip(("customers", "topics", "states", "ats", "wordings", "details"), columns, strict=True)),
            },
        )
        return list(cursor.fetchall())


def _keep_back(withdrawn: list[tuple[int, int]]) -> None:
    by_topic: dict[int, list[int]] = {}
    for customer_id, topic_id in withdrawn:
        by_topic.setdefault(topic_id, []).append(customer_id)
    for topic_id, customer_ids in by_topic.items():
        on_the_way = Message.objects.filter(customer__in=customer_ids, topic=topic_id)
        skip_messages(on_the_way, reason=Reason.WITHDRAWN)
