"""What became of messages in doubt: by evidence, or by somebody's decision. Nothing here guesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.audit import audit
from accounts.doorbells import ring
from accounts.scope import current_actor, current_workspace_id
from messaging.actions.outcomes import Settled, record_settled
from messaging.actions.queueing import CAMPAIGNS, QUEUE
from messaging.models import Message, MessageEvent, MessageState
from messaging.reasons import Reason
from messaging.refusals import MessageNotInDoubt


class Decision(models.TextChoices):
    SENT = "sent", _("It arrived. Count it as sent.")
    RESEND = "queued", _("It did not arrive. Send it again.")
    FAILED = "failed", _("It did not arrive. Leave it unsent.")


@dataclass(frozen=True)
class Finding:
    """What the evidence says of one attempt: `tried_at` tells it apart from any later one."""

    message_id: int
    tried_at: datetime
    is_accepted: bool


@transaction.atomic
def settle_by_evidence(findings: Sequence[Finding], *, evidence: str) -> Counter[str]:
    """In doubt no longer: sent, or back into the queue with the same Message-ID.

    Returns how many are in which state now; what others settled meanwhile is none of them.
    """
    settled = _settle(findings)
    MessageEvent.objects.bulk_create(
        MessageEvent(
            message_id=each.message_id, kind="settled", actor=current_actor(), detail=f"{each.state}: {evidence}"
        )
        for each in settled
    )
    return Counter(each.state for each in settled)


@transaction.atomic
def decide_message(message: Message, *, decision: Decision, why: str) -> Message:
    """Somebody says what became of a message that no evidence tells of, and how they know. Raises MessageNotInDoubt.

    Sent again, it keeps its Message-ID, and everything that may keep a message back is asked anew.
    """
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.state != MessageState.UNKNOWN or message.tried_at is None:
        raise MessageNotInDoubt(message)
    if decision == Decision.FAILED:
        message.state, message.reason, message.settled_at = MessageState.FAILED, Reason.DECIDED, timezone.now()
        message.save(update_fields=["state", "reason", "settled_at"])
        settled = Settled(message.pk, message.customer_id, message.purpose, message.state, message.reason, "")
        record_settled([settled])
    else:
        _settle([Finding(message.pk, message.tried_at, is_accepted=decision == Decision.SENT)])
        message.refresh_from_db()
    MessageEvent.objects.create(message=message, kind="decided", actor=current_actor(), detail=f"{decision}: {why}")
    audit("decided about a message in doubt", message, decision=decision, why=why)
    return message


def _settle(findings: Sequence[Finding]) -> list[Settled]:
    with connection.cursor() as cursor:
        cursor.execute(
            """update messaging_message m
               set state = case when f.is_accepted then 'sent' else 'queued' end,
                   sent_at = case when f.is_accepted then m.tried_at end,
                   settled_at = case when f.is_accepted then now() end
               from unnest(%s::bigint[], %s::timestamptz[], %s::boolean[]) as f(id, tried_at, is_accepted)
               where m.workspace_id = %s and m.id = f.id and m.state = 'unknown' and m.tried_at = f.tried_at
               returning m.id, m.customer_id, m.purpose, m.state, m.reason, ''""",
            [
                [finding.message_id for finding in findings],
                [finding.tried_at for finding in findings],
                [finding.is_accepted for finding in findings],
                current_workspace_id(),
            ],
        )
        settled = [Settled(*row) for row in cursor.fetchall()]
    record_settled(settled)
    if any(each.state == MessageState.QUEUED for each in settled):
        ring(QUEUE)
        ring(CAMPAIGNS)  # which may have ended, or been cancelled, in the meantime
    return settled
