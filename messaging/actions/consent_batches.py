"""The ledger for many at once: one statement for a file's rows or a program's batch, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.scope import current_actor, current_workspace_id
from messaging.actions.confirmation_letters import ask_to_confirm
from messaging.actions.consent import event_of
from messaging.actions.stopping import skip_messages
from messaging.models import ConsentSource, ConsentState, Message
from messaging.models.consent import confirmed_in_sql
from messaging.reasons import Reason
from timeline.recording import record_many

# What programs tell later than that is history, and nobody waits for a letter about it.
ASKED_AT_ONCE = timedelta(days=1)
_COLUMNS = ("customers", "topics", "states", "ats", "wordings", "details", "confirmed_ats")

_INSERT = f"""
with news as (
  select distinct on (said.customer_id, said.topic_id)
         said.customer_id, said.topic_id, said.state, said.wording, said.detail,
         least(said.at, %(now)s) as at,
         case when said.confirmed_at is not null then least(said.confirmed_at, %(now)s) end
           as confirmed_at,
         coalesce(before.state, '') as was
  from unnest(%(customers)s::bigint[], %(topics)s::bigint[], %(states)s::text[], %(ats)s::timestamptz[],
              %(wordings)s::text[], %(details)s::text[], %(confirmed_ats)s::timestamptz[])
       as said(customer_id, topic_id, state, at, wording, detail, confirmed_at)
  left join lateral (
    select r.state, r.at, {confirmed_in_sql("r")} as is_confirmed
    from messaging_consentrecord r
    where r.workspace_id = %(workspace)s and r.customer_id = said.customer_id
      and r.topic_id = said.topic_id
    order by r.at desc, r.id desc limit 1
  ) before on true
  where before.state is null
     or (before.at <= said.at and (said.state = 'withdrawn' or %(source)s <> 'import')
         and (before.state <> said.state
              or said.state = 'given' and said.confirmed_at is not null and not before.is_confirmed))
  order by said.customer_id, said.topic_id, said.at desc, said.confirmed_at desc nulls last),
written as (
  insert into messaging_consentrecord
    (workspace_id, customer_id, topic_id, state, source, wording, detail, actor, at, confirmed_at)
  select %(workspace)s, customer_id, topic_id, state, %(source)s, wording, detail, %(actor)s, at,
         confirmed_at
  from news
  returning id, customer_id, topic_id)
select written.id, customer_id, topic_id, news.state, news.at, news.was,
       topic.needs_confirmation and news.state = 'given' and news.confirmed_at is null
from written join news using (customer_id, topic_id)
join messaging_subscriptiontopic topic
  on topic.workspace_id = %(workspace)s and topic.id = written.topic_id
order by written.id
"""  # noqa: S608  our own words


@dataclass(frozen=True)
class Said:
    """One customer's word on one topic: `given` or `withdrawn`, and when."""

    customer_id: int
    topic_id: int
    state: ConsentState
    at: datetime
    wording: str = ""
    detail: str = ""
    confirmed_at: datetime | None = None


@transaction.atomic
def record_consents(words: Iterable[Said], *, source: ConsentSource) -> int:
    """Write down what many customers said. Returns how many were news; the same batch again gives 0.

    What a program tells within ASKED_AT_ONCE, and a topic wants confirmed, is asked for by a letter.

    A file (`source` import) only speaks for those who never spoke themselves: it gives no consent where anything was
    said before, and resurrects nobody. A withdrawal counts from wherever it comes, unless a newer word stands.
    """
    batch = list(words)
    if not batch:
        return 0
    written = _insert(batch, source)
    record_many(
        event_of(each.state, was=each.was)(
            customer_id=each.customer_id, topic_id=each.topic_id, source=source, occurred_at=each.at
        )
        for each in written
    )
    _keep_back([(each.customer_id, each.topic_id) for each in written if each.state == ConsentState.WITHDRAWN])
    just_now = timezone.now() - ASKED_AT_ONCE
    if source == ConsentSource.API and (waiting := [each.id for each in written if each.waits and each.at > just_now]):
        ask_to_confirm(waiting)
    return len(written)


@dataclass(frozen=True)
class _Written:
    """`was` is the state of what was said before; empty if nothing was. `waits`: it is to be confirmed."""

    id: int
    customer_id: int
    topic_id: int
    state: ConsentState
    at: datetime
    was: str
    waits: bool


def _insert(batch: list[Said], source: ConsentSource) -> list[_Written]:
    now = timezone.now()
    columns = [list(column) for column in zip(*(astuple(word) for word in batch), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "workspace": current_workspace_id(),
                "source": source.value,
                "actor": current_actor(),
                "now": now,
                **dict(zip(_COLUMNS, columns, strict=True)),
            },
        )
        return [_Written(*row) for row in cursor.fetchall()]


def _keep_back(withdrawn: list[tuple[int, int]]) -> None:
    by_topic: dict[int, list[int]] = {}
    for customer_id, topic_id in withdrawn:
        by_topic.setdefault(topic_id, []).append(customer_id)
    for topic_id, customer_ids in by_topic.items():
        on_the_way = Message.objects.filter(customer__in=customer_ids, topic=topic_id)
        skip_messages(on_the_way, reason=Reason.WITHDRAWN)
