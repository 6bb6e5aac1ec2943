"""The demo's mail server: takes what the product sends, by the product's own rules, and nothing leaves the process."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from accounts.scope import current_workspace
from messaging.actions.claiming import claim_messages, new_token, release_messages
from messaging.actions.outcomes import Outcome, advance_messages
from messaging.models import Message, MessageState
from messaging.reasons import Reason
from messaging.rendering import Renderer
from messaging.sending.preparation import Desk, look_at

AT_ONCE = 500
GONE_EVERY = 130  # one of so many addresses does not exist any more
NO_SUCH_USER = "550 5.1.1 No such user here"


def send_all_due() -> list[Message]:
    """Everything that is due leaves. Returns what was taken, with where its links lead."""
    token, taken = new_token(), list[int]()
    while messages := claim_messages(limit=AT_ONCE, token=token):
        taken += _send(messages, token)
        # Of two messages to somebody with one place left the second waits for another look.
        release_messages(token=token)
    found = Message.objects.filter(pk__in=taken).select_related("customer", "link_set", "topic")
    return list(found.order_by("pk"))


def _send(messages: Sequence[Message], token: str) -> list[int]:
    batch = look_at(messages)
    desk = Desk(current_workspace(), Renderer())
    written = [(allowed, desk.write(allowed)) for allowed in batch.allowed]
    unwritten = [what for _, what in written if isinstance(what, Outcome)]
    marks = [desk.mark(allowed) for allowed, what in written if not isinstance(what, Outcome)]
    left = advance_messages(token=token, outcomes=[*batch.kept_back, *unwritten], marks=marks, has_caps=batch.has_caps)
    answers = [_answer(allowed.message) for allowed in batch.allowed if allowed.message.pk in left]
    advance_messages(token=token, outcomes=answers)
    return [each.message_id for each in answers if each.state == MessageState.SENT]


def _answer(message: Message) -> Outcome:
    number = crc32(message.address.encode())
    if message.is_marketing and number % GONE_EVERY == 0:
        return Outcome(message.pk, MessageState.FAILED, reason=Reason.REFUSED, reply=NO_SUCH_USER)
    return Outcome(message.pk, MessageState.SENT, reply=f"250 2.0.0 Ok: queued as {number:08X}")
