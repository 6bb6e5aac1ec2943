"""From the queue into a worker's hands, and out of them again. A token says whose hands a message is in."""

from __future__ import annotations

import os
import random
import secrets
import socket
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Workspace
from accounts.scope import current_workspace_id
from messaging.actions.outcomes import Settled, record_settled
from messaging.models import Campaign, Message, MessageState
from messaging.queries.allowance import allowance_of, pace_of

# Which of those that are due, in their order: each follows an index of its own.
ALONE = "campaign_id is null order by priority, not_before, id"
IN_CAMPAIGN = "campaign_id = %(campaign)s order by not_before, id"


def new_token() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(8)}"


@transaction.atomic
def claim_messages(*, limit: int, token: str) -> list[Message]:
    """Take what is due into this worker's hands, the most urgent first, and no more than the workspace's limits leave.

    Nobody else gets the same. Campaigns come last and share what is left, each up to its own pace; one that is paused
    or cancelled has none to give.
    """
    if (limited := _limited_workspace()) and (allowance := allowance_of(limited)):
        limit = min(limit, allowance.left)
    claimed = _claim(ALONE, limit, token)
    campaigns = list(Campaign.objects.sending().order_by("pk")) if len(claimed) < limit else []
    # Who begins changes from claim to claim, so that a share which can't be divided falls to each in turn.
    random.shuffle(campaigns)
    for position, campaign in enumerate(campaigns):
        share = ceil((limit - len(claimed)) / (len(campaigns) - position))
        claimed += _claim(IN_CAMPAIGN, _paced(campaign, share), token, campaign=campaign.pk)
    return sorted(claimed, key=lambda message: (message.priority, message.not_before, message.pk))


def _claim(which: str, limit: int, token: str, **parameters: int) -> list[Message]:
    if limit <= 0:
        return []
    rows = Message.objects.raw(
        # Materialized: Postgres may run a sub-select once for each row of the other side, and then its limit is none.
        f"""with due as materialized (
              select id from messaging_message
              where workspace_id = %(workspace)s and state = 'queued' and not_before <= now() and {which}
              for update skip locked limit %(limit)s)
            update messaging_message m
            set state = 'leased', lease_token = %(token)s, lease_expires_at = now() + %(lease)s
            from due
            where m.workspace_id = %(workspace)s and m.id = due.id
            returning m.*""",  # noqa: S608
        {
            "token": token,
            "lease": timedelta(seconds=settings.MESSAGE_LEASE_SECONDS),
            "workspace": current_workspace_id(),
            "limit": limit,
            **parameters,
        },
    )
    return list(rows)


def _paced(campaign: Campaign, wanted: int) -> int:
    """How many the campaign's own pace leaves. Its row is locked, so that of two workers the second counts the first's.

    It may have been paused since it was read; then it has none.
    """
    if campaign.per_hour is None:
        return wanted
    locked = Campaign.objects.sending().select_for_update(of=("self",), no_key=True).filter(pk=campaign.pk).first()
    return min(wanted, pace_of(locked).left) if locked else 0


def _limited_workspace() -> Workspace | None:
    """The workspace, if it has set a limit, locked: of two workers, the second counts what the first has claimed."""
    limited = Q(messages_per_minute__isnull=False) | Q(messages_per_day__isnull=False)
    return Workspace.objects.filter(limited, pk=current_workspace_id()).select_for_update(no_key=True).first()


@transaction.atomic
def release_messages(*, token: str) -> int:
    """Put back what was claimed and not begun. Returns how many."""
    return Message.objects.filter(state=MessageState.LEASED, lease_token=token).update(
        state=MessageState.QUEUED, lease_token="", lease_expires_at=None
    )


@transaction.atomic
def expire_leases() -> int:
    """Settle what dead workers held: what had not begun goes back, what was leaving is in doubt. Returns how many.

    What goes back stands behind the rest: if it was what killed its worker, it does not hold up everybody else's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """update messaging_message
               set state = case state when 'leased' then 'queued' else 'unknown' end,
                   not_before = case state when 'leased' then now() else not_before end,
                   attempts = attempts + case state when 'sending' then 1 else 0 end,
                   lease_token = '', lease_expires_at = null
               where id in (select id from messaging_message
                            where workspace_id = %s and state in ('leased', 'sending') and lease_expires_at <= now()
                            for update skip locked)
                 and workspace_id = %s
               returning id, customer_id, purpose, state, reason, ''""",
            [current_workspace_id(), current_workspace_id()],
        )
        expired = [Settled(*row) for row in cursor.fetchall()]
    record_settled(expired)
    return len(expired)
