"""Workers that die with messages in their hands, and those that take over."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connections

from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from messaging.actions.claiming import claim_messages, expire_leases, new_token, release_messages
from messaging.actions.outcomes import DOUBTS, Mark, Outcome, advance_messages
from messaging.models import Message, MessageState, Priority
from messaging.queries.outbox import next_due_at
from messaging.sending.rounds import send_due
from tests.factories.accounts import WorkspaceFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import leases_end, row, states, told_of
from tests.relay import Relay


def sent(message: Message) -> Outcome:
    return Outcome(message.pk, MessageState.SENT, reply="250 ok")


def test_what_a_dead_worker_had_only_claimed_is_sent_by_another(workspace: Workspace, relay: Relay) -> None:
    message = MessageFactory()
    claim_messages(limit=10, token=new_token())
    assert send_due(workspace).claimed == 0

    leases_end()
    send_due(workspace)

    assert row(message) == ("sent", "", 1)
    assert relay.recipients == [message.address]


def test_what_a_dead_worker_was_sending_is_in_doubt_and_not_sent_by_another(workspace: Workspace, relay: Relay) -> None:
    message, token = MessageFactory(), new_token()
    claim_messages(limit=10, token=token)
    assert advance_messages(token=token, marks=[Mark(message.pk)]) == {message.pk}

    leases_end()
    for _ in range(3):
        send_due(workspace)

    assert row(message) == ("unknown", "", 1)
    assert told_of(message) == ["MessageInDoubt"]
    assert relay.commands == []
    assert Doorbell.objects.filter(workspace=workspace, queue=DOUBTS).count() == 1


def test_a_worker_whose_lease_ran_out_changes_nothing_more(workspace: Workspace) -> None:
    message, late, other = MessageFactory(), new_token(), new_token()
    claim_messages(limit=10, token=late)
    leases_end()
    assert expire_leases() == 1
    claim_messages(limit=10, token=other)

    assert advance_messages(token=late, outcomes=[Outcome(message.pk, MessageState.FAILED, reason="refused")]) == set()
    assert advance_messages(token=late, marks=[Mark(message.pk)]) == set()
    assert release_messages(token=late) == 0

    assert row(message) == ("leased", "", 0)
    assert message.lease_token == other


def test_a_worker_that_was_only_slow_may_still_say_that_it_was_sent(workspace: Workspace) -> None:
    """It heard the relay's yes: that is evidence. Its no would be none, since others may have tried meanwhile."""
    message, slow = MessageFactory(), new_token()
    claim_messages(limit=10, token=slow)
    advance_messages(token=slow, marks=[Mark(message.pk)])
    leases_end()
    expire_leases()

    advance_messages(token=slow, outcomes=[Outcome(message.pk, MessageState.QUEUED, reply="451 later")])
    assert row(message)[0] == "unknown"
    advance_messages(token=slow, outcomes=[sent(message)])

    assert row(message)[0] == "sent"
    assert told_of(message) == ["MessageInDoubt", "MessageSent"]


def test_an_outcome_written_twice_counts_once(workspace: Workspace) -> None:
    """As after a commit whose answer was lost."""
    message, token = MessageFactory(), new_token()
    claim_messages(limit=10, token=token)
    advance_messages(token=token, marks=[Mark(message.pk)])

    for _ in range(2):
        advance_messages(token=token, outcomes=[sent(message)])

    assert row(message) == ("sent", "", 1)
    assert told_of(message) == ["MessageSent"]


def test_what_had_not_begun_stands_behind_the_rest(workspace: Workspace) -> None:
    killer = MessageFactory()
    claim_messages(limit=10, token=new_token())
    other = MessageFactory()
    leases_end()
    expire_leases()

    assert claim_messages(limit=1, token=new_token()) == [other]
    assert row(killer)[0] == "queued"


def test_the_urgent_goes_first_and_what_is_not_due_waits(workspace: Workspace) -> None:
    campaign = MessageFactory(priority=Priority.CAMPAIGN)
    asked_for = MessageFactory(priority=Priority.TRANSACTIONAL)
    greeting = MessageFactory(priority=Priority.AUTOMATION)
    tomorrow = MessageFactory()
    Message.objects.filter(pk=tomorrow.pk).update(not_before="2100-01-01T00:00Z")

    assert claim_messages(limit=10, token=new_token()) == [asked_for, greeting, campaign]
    due_at = next_due_at()
    assert due_at is not None
    assert due_at.year < 2100  # a lease ends before


def test_a_round_that_breaks_off_puts_back_what_it_had_not_begun(
    workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    messages = [MessageFactory() for _ in range(3)]
    settings.EMAIL_URL = "smtp://no.such.host.invalid"

    send_due(workspace)

    assert states(*messages) == ["queued"] * 3
    assert set(Message.objects.values_list("lease_token", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_get_different_messages() -> None:
    bakery = WorkspaceFactory()
    with workspace_scope(bakery):
        messages = [MessageFactory() for _ in range(4)]
    with workspace_scope(bakery):
        first = claim_messages(limit=2, token=new_token())
        second = claimed_elsewhere(bakery, limit=10)

    assert [message.pk for message in first] + second == [message.pk for message in messages]


def claimed_elsewhere(workspace: Workspace, *, limit: int) -> list[int]:
    """By a worker with a connection of its own, while our transaction is still open. Returns their ids."""
    ours = connections["default"]
    theirs = ours.copy()
    connections["default"] = theirs
    try:
        with workspace_scope(workspace):
            return [message.pk for message in claim_messages(limit=limit, token=new_token())]
    finally:
        theirs.close()
        connections["default"] = ours
