from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from accounts.scope import current_workspace_id
from messaging.models import Message, MessageState, Priority


def still_in_hand(message_ids: Collection[int], *, token: str) -> list[Message]:
    return list(Message.objects.filter(pk__in=message_ids, state=MessageState.LEASED, lease_token=token))


def next_due_at() -> datetime | None:
    """When there is something to do next: a message that becomes due, or a lease that runs out."""
    with connection.cursor() as cursor:
        # By priority and by campaign, because the indexes of what waits begin with these: one look into them each.
        cursor.execute(
            """select least(
                 (select min(first.not_before) from unnest(%(priorities)s::int[]) as p(priority), lateral (
                    select not_before from messaging_message m
                    where m.workspace_id = %(workspace)s and m.state = 'queued' and m.campaign_id is null
                      and m.priority = p.priority
                    order by not_before limit 1) first),
                 (select min(first.not_before) from messaging_campaign c, lateral (
                    select not_before from messaging_message m
                    where m.workspace_id = %(workspace)s and m.state = 'queued' and m.campaign_id = c.id
                    order by not_before limit 1) first
                  where c.workspace_id = %(workspace)s and c.state = 'sending'),
                 (select min(lease_expires_at) from messaging_message
                  where workspace_id = %(workspace)s and state in ('leased', 'sending')))""",
            {"priorities": Priority.values, "workspace": current_workspace_id()},
        )
        due_at: datetime | None = cursor.fetchone()[0]
    return due_at


def database_now() -> datetime:
    """By the clock that leases and attempts are dated with."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
