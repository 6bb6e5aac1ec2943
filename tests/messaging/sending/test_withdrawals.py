"""Between the claim and the body, somebody else changes everything: what the mark finds is what counts.

The relay's hooks run while it answers DATA: the message is leased, its envelope accepted, its body still here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import erase_customer
from messaging.actions import Evidence, cancel_messages, suppress_address, unsubscribe_from_everything, withdraw_consent
from messaging.actions.claiming import claim_messages, expire_leases, new_token
from messaging.models import ConsentSource, Message, SuppressionReason
from messaging.reasons import Reason
from messaging.sending.rounds import send_due
from tests.factories.accounts import WorkspaceFactory
from tests.factories.messaging import ConsentFactory, MessageFactory
from tests.messaging.sending.outbox import leases_end, row, told_of
from tests.relay import Relay

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Evidence(source=ConsentSource.STAFF)


@pytest.fixture
def bakery() -> Workspace:
    """Without an open scope: here others commit while we send."""
    return WorkspaceFactory(name="Bakery", slug="bakery")


@pytest.fixture
def message(bakery: Workspace) -> Message:
    """About a topic that its recipient agreed to."""
    with workspace_scope(bakery):
        consent = ConsentFactory()
        return MessageFactory(customer=consent.customer, topic=consent.topic)


def elsewhere(bakery: Workspace, change: Callable[[], object]) -> Callable[[], None]:
    """What another process does, in a transaction of its own."""

    def commit() -> None:
        with workspace_scope(bakery):
            change()
        connection.close()

    return commit


def what_stands(bakery: Workspace, message: Message) -> tuple[tuple[str, str, int], list[str]]:
    with workspace_scope(bakery):
        return row(message), told_of(message)


CHANGES: dict[str, Callable[[Message], object]] = {
    "withdrawn": lambda message: withdraw_consent(message.customer, [message.topic], evidence=STAFF),
    "unsubscribed": lambda message: suppress_address(message.address, reason=SuppressionReason.UNSUBSCRIBED),
    "blocked": lambda message: suppress_address(message.address, reason=SuppressionReason.MANUAL),
    "complained": lambda message: suppress_address(message.address, reason=SuppressionReason.COMPLAINED),
    "erased": lambda message: erase_customer(message.customer),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_what_is_withdrawn_before_the_body_leaves_does_not_leave(
    reason: str, bakery: Workspace, message: Message, relay: Relay
) -> None:
    relay.before["DATA"] = elsewhere(bakery, lambda: CHANGES[reason](message))

    done = send_due(bakery)

    assert done.sent == 0
    assert relay.received == []
    assert relay.said("DATA") == 1
    state, told = what_stands(bakery, message)
    assert state == ("skipped", reason, 0)
    assert told.count("MessageSkipped") == 1


def test_leaving_everything_stops_what_has_a_topic_and_nothing_else(bakery: Workspace, relay: Relay) -> None:
    with workspace_scope(bakery):
        consent = ConsentFactory()
        offer = MessageFactory(customer=consent.customer, topic=consent.topic)
        asked_for = MessageFactory(customer=consent.customer)
    leave = elsewhere(bakery, lambda: unsubscribe_from_everything(consent.customer, evidence=STAFF))
    relay.before["EHLO"] = leave

    send_due(bakery)

    assert what_stands(bakery, offer)[0][:2] == ("skipped", "withdrawn")
    assert what_stands(bakery, asked_for)[0][:2] == ("sent", "")
    assert len(relay.received) == 1


def test_a_suppression_that_knows_no_customer_is_found_by_the_mark(bakery: Workspace, relay: Relay) -> None:
    with workspace_scope(bakery):
        message = MessageFactory(customer=None, address="tester@mail.example")
    block = elsewhere(bakery, lambda: suppress_address("tester@mail.example", reason=SuppressionReason.MANUAL))
    relay.before["DATA"] = block

    send_due(bakery)

    assert relay.received == []
    assert what_stands(bakery, message) == (("skipped", "blocked", 0), ["MessageSkipped"])


def test_what_is_cancelled_before_the_body_leaves_does_not_leave(
    bakery: Workspace, message: Message, relay: Relay
) -> None:
    cancel = elsewhere(bakery, lambda: cancel_messages(Message.objects.filter(pk=message.pk), reason=Reason.CANCELLED))
    relay.before["DATA"] = cancel

    send_due(bakery)

    assert relay.received == []
    assert what_stands(bakery, message)[0] == ("cancelled", "cancelled", 0)


def test_what_is_withdrawn_after_the_body_left_is_sent(bakery: Workspace, message: Message, relay: Relay) -> None:
    relay.before["dot"] = elsewhere(bakery, lambda: CHANGES["withdrawn"](message))

    send_due(bakery)

    assert len(relay.received) == 1
    assert what_stands(bakery, message)[0] == ("sent", "", 1)


def test_a_worker_whose_lease_ran_out_sends_nothing_and_writes_nothing(
    bakery: Workspace, message: Message, relay: Relay
) -> None:
    other = new_token()

    def take_over() -> None:
        leases_end()
        expire_leases()
        claim_messages(limit=10, token=other)

    relay.before["DATA"] = elsewhere(bakery, take_over)

    done = send_due(bakery)

    assert (done.claimed, done.sent, relay.received) == (1, 0, [])
    assert what_stands(bakery, message)[0] == ("leased", "", 0)
    assert message.lease_token == other


def test_a_customer_who_left_before_the_claim_costs_no_word_with_the_relay(
    bakery: Workspace, message: Message, relay: Relay
) -> None:
    with workspace_scope(bakery):
        suppress_address(message.address, reason=SuppressionReason.UNSUBSCRIBED)

    assert send_due(bakery).claimed == 0

    assert relay.connections == 0
