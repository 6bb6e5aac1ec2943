"""Writing the timeline, inside the transaction of what happened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_actor, current_workspace_id
from timeline.models import Event
from timeline.registry import EventBody

QUEUE = "timeline"
STAGE_FROM = 200

_json = msgspec.json.Encoder()


def record(event: EventBody, *, actor: str | None = None) -> Event:
    """Record one event in the caller's transaction. `actor` is whoever the scope says, unless given."""
    row = Event.objects.create(
        kind=event.kind,
        customer_id=event.customer_id,
        actor=actor or current_actor(),
        occurred_at=event.occurred_at or timezone.now(),
        payload=event.payload(),
    )
    ring(QUEUE)
    return row


def record_many(events: Iterable[EventBody], *, actor: str | None = None) -> int:
    """Record a batch in one statement, in the order given. Returns how many."""
    batch = list(events)
    if not batch:
        return 0
    now = timezone.now()
    rows = [
        (
            event.kind,
            event.customer_id,
            (event.occurred_at or now).isoformat(),
            _json.encode(event.payload()).decode(),
        )
        for event in batch
    ]
    with connection.cursor() as cursor:
        if len(rows) < STAGE_FROM:
            source = ", ".join(["(%s, %s::bigint, %s::timestamptz, %s::jsonb)"] * len(rows))
            select = f"select * from (values {source}) as staged(kind, customer_id, occurred_at, payload)"  # noqa: S608
            params: list[Any] = [value for row in rows for value in row]
        else:
            _stage(cursor, rows)
            select, params = "select kind, customer_id, occurred_at, payload from staged_events order by position", []
        cursor.execute(
            # The only parts that are put together are our own words, never a value.
            f"""insert into timeline_event (workspace_id, actor, kind, customer_id, occurred_at, payload, tx)
                select %s, %s, kind, customer_id, occurred_at, payload, (select timeline_tx())
                from ({select}) as batch""",  # noqa: S608
            [current_workspace_id(), actor or current_actor(), *params],
        )
    ring(QUEUE)
    return len(rows)


def record_select(
    event: type[EventBody],
    sql: str,
    params: Sequence[Any],
    *,
    writing: tuple[str, Sequence[Any]] = ("", ()),
    actor: str | None = None,
) -> int:
    """Record one event for each row of a query, without the rows leaving Postgres. Returns how many.

    `sql` selects `customer_id`, `occurred_at` and one column for each payload field, under the field's name. It may
    read what `writing`, a `with …` and its parameters, inserts in the same statement.
    """
    pairs = ", ".join(f"'{name}', source.{name}" for name in event.payload_fields())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{writing[0]}
                insert into timeline_event (workspace_id, actor, kind, customer_id, occurred_at, payload, tx)
                select %s, %s, %s, source.customer_id, source.occurred_at, jsonb_build_object({pairs}),
                       (select timeline_tx())
                from ({sql}) as source""",  # noqa: S608  the caller's statement and our own field names
            [*writing[1], current_workspace_id(), actor or current_actor(), event.kind, *params],
        )
        count: int = cursor.rowcount
    if count:
        ring(QUEUE)
    return count


def _stage(cursor: Any, rows: Sequence[tuple[object, ...]]) -> None:
    """COPY into a table with row-level security is refused, so the batch goes through a temporary one."""
    cursor.execute(
        "create temporary table if not exists staged_events"
        " (position int, kind text, customer_id bigint, occurred_at timestamptz, payload jsonb) on commit delete rows"
    )
    cursor.execute("delete from staged_events")
    buffer = io.StringIO()
    csv.writer(buffer).writerows((position, *row) for position, row in enumerate(rows))
    buffer.seek(0)
    cursor.copy_expert("copy staged_events from stdin with (format csv)", buffer)
