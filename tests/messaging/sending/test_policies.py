"""Quiet hours and frequency caps, from the claim to the mark; and two workers that both see the last place."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions.claiming import claim_messages, new_token
from messaging.actions.outcomes import Mark, advance_messages
from messaging.models import FrequencySlot, Message
from messaging.queries import message_history, with_reasons
from messaging.sending.rounds import send_due
from tests.factories.accounts import WorkspaceFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import newsletter_for
from tests.messaging.sending.outbox import history_of, later, row, told_of
from tests.relay import Relay


def cap(messages: int = 1) -> None:
    actions.set_frequency_policy(messages=messages, days=7, wait_days=0, spares_automations=False)


def test_what_comes_up_in_quiet_hours_waits_and_says_so(workspace: Workspace, relay: Relay) -> None:
    hour = datetime.now(UTC).hour
    actions.set_quiet_hours(begins=hour, ends=(hour + 2) % 24)
    message = newsletter_for(CustomerFactory(zone="UTC"))

    assert send_due(workspace).sent == 0

    assert row(message) == ("queued", "quiet_hours", 0)
    assert message.not_before > datetime.now(UTC)
    assert history_of(message) == [("put_off", "quiet_hours")]
    assert [remark.text for remark in message_history(message)] == ["It is quiet hours where the customer lives."]
    assert with_reasons([message])[0][1] == "It is quiet hours where the customer lives."

    actions.end_quiet_hours()
    later()
    assert send_due(workspace).sent == 1
    assert row(message) == ("sent", "", 1)


def test_what_finds_no_room_is_kept_back_with_its_reason(workspace: Workspace, relay: Relay) -> None:
    cap(2)
    customer = CustomerFactory()
    messages = [newsletter_for(customer) for _ in range(3)]

    assert send_due(workspace).sent == 2
    later()
    send_due(workspace)

    assert [row(message)[:2] for message in messages] == [("sent", ""), ("sent", ""), ("skipped", "capped")]
    assert told_of(messages[2]) == ["MessageSkipped"]


def test_what_the_relay_refused_gives_its_place_back(workspace: Workspace, relay: Relay) -> None:
    cap(1)
    customer = CustomerFactory()
    refused = newsletter_for(customer)
    relay.body_replies[refused.address] = "554 no"
    send_due(workspace)
    assert row(refused)[0] == "failed"

    relay.body_replies.clear()
    welcome = newsletter_for(customer)
    send_due(workspace)

    assert row(welcome)[0] == "sent"


@pytest.fixture
def bakery() -> Workspace:
    """Without an open scope: here others commit while we send."""
    return WorkspaceFactory(name="Bakery", slug="bakery")


@pytest.mark.django_db(transaction=True)
def test_a_place_that_is_taken_before_the_body_leaves_is_taken(bakery: Workspace, relay: Relay) -> None:
    with workspace_scope(bakery):
        cap(1)
        customer = CustomerFactory()
        message = newsletter_for(customer)

    def another_worker_sends() -> None:
        with workspace_scope(bakery):
            leaves(newsletter_for(customer))
        connection.close()

    relay.before["DATA"] = another_worker_sends
    assert send_due(bakery).sent == 0

    assert relay.received == []
    with workspace_scope(bakery):
        assert row(message) == ("skipped", "capped", 0)


def leaves(message: Message) -> bool:
    token = new_token()
    claim_messages(limit=100, token=token)
    return message.pk in advance_messages(token=token, marks=[Mark(message.pk)], has_caps=True)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_ask_at_the_same_moment_as_many_get_a_place_as_there_are(bakery: Workspace) -> None:
    with workspace_scope(bakery):
        cap(1)
        customer = CustomerFactory()
        claimed = {new_token(): newsletter_for(customer).pk for _ in range(4)}
        for token in claimed:
            claim_messages(limit=1, token=token)
        in_hand = dict(Message.objects.values_list("lease_token", "pk"))
    ready = threading.Barrier(len(in_hand))
    left: list[int] = []

    def ask(token: str, message_id: int) -> None:
        with workspace_scope(bakery):
            ready.wait()
            left.extend(advance_messages(token=token, marks=[Mark(message_id)], has_caps=True))
        connection.close()

    workers = [threading.Thread(target=ask, args=each) for each in in_hand.items()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with workspace_scope(bakery):
        assert left == list(FrequencySlot.objects.values_list("message_id", flat=True))
    assert len(left) == 1
