"""The tasks that workers run: what they leave at the doorbell says when somebody has to look again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.doorbells import ring
from accounts.models import Doorbell, Workspace
from messaging.actions.queueing import QUEUE
from messaging.models import Message
from messaging.tasks import send_messages
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import row
from tests.relay import Relay


def next_look() -> datetime | None:
    return Doorbell.objects.filter(queue=QUEUE).values_list("due_at", flat=True).order_by("due_at").first()


def test_when_all_is_sent_nobody_needs_to_look_again(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    ring(QUEUE)
    assert next_look() is not None

    send_messages.run(workspace)

    assert row(message)[0] == "sent"
    assert next_look() is None


def test_what_is_not_due_is_looked_for_when_it_is(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    tomorrow = timezone.now() + timedelta(days=1)
    Message.objects.filter(pk=message.pk).update(not_before=tomorrow)
    ring(QUEUE)

    send_messages.run(workspace)

    assert list(Doorbell.objects.filter(queue=QUEUE).values_list("due_at", flat=True)) == [tomorrow]


def test_while_the_relay_is_paused_nobody_looks(workspace: Workspace, relay: Relay) -> None:
    MessageFactory()
    relay.replies["greeting"] = "421 not now"
    ring(QUEUE)

    send_messages.run(workspace)

    look = next_look()
    assert look is not None
    assert timedelta(seconds=3) < look - timezone.now() <= timedelta(seconds=5)
