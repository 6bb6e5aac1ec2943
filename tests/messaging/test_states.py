from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from messaging.models import Message, MessageState
from tests.factories.messaging import MessageFactory

pytestmark = pytest.mark.usefixtures("workspace")


def rewrite(message: Message, assignments: str) -> None:
    """By hand, as somebody with a console would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update messaging_message set {assignments} where id = %s", [message.pk])  # noqa: S608


@pytest.mark.parametrize("state", [state for state in MessageState if state not in {"queued", "leased"}])
def test_a_message_cannot_leave_the_queue_without_a_lease(state: MessageState) -> None:
    if state in {MessageState.SKIPPED, MessageState.CANCELLED}:
        rewrite(MessageFactory(), f"state = '{state}', reason = 'blocked'")
        return

    with pytest.raises(IntegrityError):
        rewrite(MessageFactory(), f"state = '{state}', sent_at = now(), reason = 'blocked'")


@pytest.mark.parametrize(
    "assignments", ["dedupe_key = 'other'", "message_id = '<other>'", "address = 'other@mail.example'", "purpose = 'x'"]
)
def test_what_a_message_is_cannot_be_changed(assignments: str) -> None:
    with pytest.raises(IntegrityError):
        rewrite(MessageFactory(), assignments)


def test_a_message_not_sent_needs_a_reason() -> None:
    with pytest.raises(IntegrityError):
        rewrite(MessageFactory(), "state = 'skipped'")


def test_a_message_begins_in_the_queue() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageFactory(state="sent")


@pytest.mark.parametrize(("reason", "may_return"), [("no_consent", True), ("withdrawn", True), ("blocked", False)])
def test_only_what_wanted_consent_returns_after_it_was_kept_back(reason: str, may_return: object) -> None:
    message = MessageFactory()
    rewrite(message, f"state = 'skipped', reason = '{reason}'")

    if may_return:
        rewrite(message, "state = 'queued', reason = ''")
        return
    with pytest.raises(IntegrityError):
        rewrite(message, "state = 'queued', reason = ''")
