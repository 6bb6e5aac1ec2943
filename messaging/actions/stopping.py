from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messaging.actions.slots import give_back_slots
from messaging.events import MessageCancelled, MessageSkipped
from messaging.models import Message, MessageQuerySet, MessageState
from messaging.reasons import Reason
from timeline.recording import record_many

# One that is `sending` may be with the relay already: only evidence says what became of it.
NOT_GONE = (MessageState.QUEUED, MessageState.LEASED)


@transaction.atomic
def skip_messages(messages: MessageQuerySet, *, reason: Reason) -> int:
    """Keep back those that have not left yet, for a reason that lies with their recipients. Returns how many.

    A worker that holds one finds its lease gone when it asks to send, so this also wins against one being prepared.
    """
    stopped = _stop(messages, state=MessageState.SKIPPED, reason=reason)
    return record_many(
        MessageSkipped(customer_id=each.customer_id, message_id=each.pk, purpose=each.purpose, reason=reason)
        for each in stopped
    )


@transaction.atomic
def cancel_messages(messages: MessageQuerySet, *, reason: Reason) -> int:
    """Take back those that have not left yet, because whoever sends them changed their mind. Returns how many."""
    stopped = _stop(messages, state=MessageState.CANCELLED, reason=reason)
    return record_many(
        MessageCancelled(customer_id=each.customer_id, message_id=each.pk, purpose=each.purpose, reason=reason)
        for each in stopped
    )


def _stop(messages: MessageQuerySet, *, state: MessageState, reason: Reason) -> list[Message]:
    stopped = list(messages.filter(state__in=NOT_GONE).select_for_update(of=("self",)).order_by("pk"))
    Message.objects.filter(pk__in=[each.pk for each in stopped]).update(
        state=state, reason=reason, lease_token="", lease_expires_at=None, settled_at=timezone.now()
    )
    give_back_slots([each.pk for each in stopped])
    return stopped
