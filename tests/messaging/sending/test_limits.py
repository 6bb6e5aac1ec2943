"""The limits that a workspace sets for itself: so many messages in any minute, so many in any 24 hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db.models import F
from django.utils import timezone

from accounts.doorbells import ring
from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from messaging.actions.claiming import claim_messages, new_token, release_messages
from messaging.actions.queueing import QUEUE
from messaging.models import Message, Priority
from messaging.queries.allowance import allowance_of
from messaging.sending.rounds import send_due
from messaging.tasks import send_messages
from tests.client import Browser
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import leases_end, row, states
from tests.relay import Relay


def limit(workspace: Workspace, **limits: int) -> None:
    for name, messages in limits.items():
        setattr(workspace, name, messages)
    workspace.save(update_fields=list(limits))


def time_passes(**time: int) -> None:
    """Everything was handed over that much longer ago."""
    Message.objects.exclude(tried_at=None).update(tried_at=F("tried_at") - timedelta(**time))


def test_no_more_leave_in_a_minute_than_the_limit(workspace: Workspace, relay: Relay) -> None:
    limit(workspace, messages_per_minute=3)
    messages = [MessageFactory() for _ in range(5)]

    first, second = send_due(workspace), send_due(workspace)

    assert (first.claimed, first.sent, second.claimed) == (3, 3, 0)
    assert 30 < second.wait <= 60
    assert states(*messages) == ["sent"] * 3 + ["queued"] * 2
    assert row(messages[4]) == ("queued", "", 0)
    time_passes(seconds=30)
    assert send_due(workspace).claimed == 0
    time_passes(seconds=30)
    assert send_due(workspace).sent == 2
    assert len(relay.received) == 5


def test_no_more_leave_in_a_day_than_the_limit(workspace: Workspace, relay: Relay) -> None:
    limit(workspace, messages_per_minute=2, messages_per_day=3)
    messages = [MessageFactory() for _ in range(5)]

    sent = []
    for _ in range(3):
        sent.append(send_due(workspace).sent)
        time_passes(minutes=1)
    time_passes(hours=24)
    sent.append(send_due(workspace).sent)

    assert sent == [2, 1, 0, 2]
    assert states(*messages) == ["sent"] * 5


def test_the_urgent_go_first(workspace: Workspace, relay: Relay) -> None:
    limit(workspace, messages_per_minute=1)
    greeting = MessageFactory(priority=Priority.AUTOMATION)
    asked_for = MessageFactory(priority=Priority.TRANSACTIONAL)

    send_due(workspace)

    assert states(greeting, asked_for) == ["queued", "sent"]


def test_a_workspace_at_its_limit_takes_nothing_from_another(
    workspace: Workspace, other_workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    """Not even of what the relay takes in a second."""
    settings.SMTP_RATE = 4
    limit(workspace, messages_per_day=1)
    ours = [MessageFactory() for _ in range(5)]
    with workspace_scope(other_workspace):
        theirs = [MessageFactory() for _ in range(3)]

    turns = [send_due(each).sent for each in (workspace, workspace, other_workspace, workspace)]

    assert turns == [1, 0, 3, 0]
    assert states(*ours) == ["sent"] + ["queued"] * 4
    with workspace_scope(other_workspace):
        assert states(*theirs) == ["sent"] * 3


def test_what_is_in_another_workers_hands_counts(workspace: Workspace) -> None:
    limit(workspace, messages_per_minute=3)
    for _ in range(5):
        MessageFactory()
    ours, theirs = new_token(), new_token()

    assert len(claim_messages(limit=2, token=ours)) == 2
    assert len(claim_messages(limit=10, token=theirs)) == 1
    assert claim_messages(limit=10, token=theirs) == []
    allowance = allowance_of(workspace)
    assert allowance is not None
    assert 0 < allowance.wait <= 1


def test_what_was_put_back_does_not_count(workspace: Workspace, relay: Relay) -> None:
    """Nor what a dead worker had claimed, once its lease has ended."""
    limit(workspace, messages_per_day=2)
    messages = [MessageFactory() for _ in range(2)]
    released, dead = new_token(), new_token()
    claim_messages(limit=1, token=released)
    release_messages(token=released)
    claim_messages(limit=2, token=dead)
    leases_end()

    assert send_due(workspace).sent == 2
    assert states(*messages) == ["sent"] * 2


def test_what_the_relay_refused_before_the_body_does_not_count(workspace: Workspace, relay: Relay) -> None:
    limit(workspace, messages_per_day=1)
    nobody, other = MessageFactory(), MessageFactory()
    relay.rcpt_replies[nobody.address] = "550 5.1.1 no such user"

    send_due(workspace)
    send_due(workspace)

    assert states(nobody, other) == ["failed", "sent"]


def test_the_task_looks_again_when_the_next_may_leave_or_the_limit_may_have_been_raised(
    workspace: Workspace, relay: Relay
) -> None:
    limit(workspace, messages_per_day=1)
    for _ in range(2):
        MessageFactory()
    ring(QUEUE)

    for _ in range(2):
        send_messages.run(workspace)

    looks = Doorbell.objects.filter(queue=QUEUE).values_list("due_at", flat=True)
    assert [timedelta(seconds=55) < due_at - timezone.now() <= timedelta(seconds=60) for due_at in looks] == [True]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"messages_per_minute": 1}, "Waits: your limit of 1 message per minute."),
        ({"messages_per_minute": 100, "messages_per_day": 1}, "Waits: your limit of 1 message per day."),
    ],
)
def test_a_message_that_waits_for_the_limit_says_so(
    limits: dict[str, int], words: str, workspace: Workspace, relay: Relay, owner_browser: Browser
) -> None:
    limit(workspace, **limits)
    messages = [MessageFactory() for _ in range(3)]
    Message.objects.filter(pk=messages[2].pk).update(not_before=timezone.now() + timedelta(hours=1))
    send_due(workspace)

    pages = [owner_browser.get(f"/messages/{message.pk}/").content.decode() for message in messages]
    listed = owner_browser.get("/messages/?state=queued").content.decode()
    profile = owner_browser.get(f"/customers/{messages[1].customer_id}/").content.decode()

    assert [words in page for page in pages] == [False, True, False]
    assert listed.count(words) == 1
    assert words in profile


def test_a_message_that_is_only_about_to_leave_says_nothing_of_a_limit(
    workspace: Workspace, owner_browser: Browser
) -> None:
    limit(workspace, messages_per_minute=1)
    message = MessageFactory()

    assert "Waits:" not in owner_browser.get(f"/messages/{message.pk}/").content.decode()
