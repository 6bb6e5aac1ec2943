"""Profiles that somebody typed in on the join page, and whose address never answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import PublicToken, Workspace
from accounts.scope import workspace_scope
from accounts.tasks import forget_tokens
from accounts.tokens import find_token, forget_expired_tokens, issue_token
from customers.actions import edit_customer, tag_customer, write_note
from customers.models import Customer
from messaging import actions
from messaging.models import Message, SubscriptionTopic
from messaging.tasks import forget_unconfirmed
from sales.events import OrderPlaced
from tests.factories.messaging import TopicFactory
from timeline.models import Event
from timeline.recording import record

THEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = THEN + timedelta(days=31)


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    return TopicFactory()


def joined(topic: SubscriptionTopic, name: str = "maria") -> Message:
    return actions.join(name=name, email=f"{name}@mail.example", birthday=None, topics=[topic], ip="192.0.2.1")


def left(workspace: Workspace, *, at: datetime = LATER) -> list[str]:
    """The addresses that are still known after a clean-up."""
    with time_machine.travel(at, tick=False):
        forget_unconfirmed.run(workspace)
    return list(Customer.objects.exclude(email="").order_by("email").values_list("email", flat=True))


def test_who_never_answered_is_forgotten_after_a_month(workspace: Workspace, topic: SubscriptionTopic) -> None:
    with time_machine.travel(THEN, tick=False):
        message = joined(topic)

    assert left(workspace, at=THEN + timedelta(days=29)) == ["maria@mail.example"]
    assert left(workspace) == []

    customer = Customer.objects.get()
    assert customer.erased_at is not None
    assert Event.objects.filter(kind="CustomerErased", customer_id=customer.pk, actor="system").count() == 1
    message.refresh_from_db()
    assert (message.address, message.state) == ("", "skipped")
    assert left(workspace) == []


KNOWN: dict[str, Callable[[Message], object]] = {
    "confirmed": lambda message: actions.confirm_subscription(message, ip=None),
    "edited by staff": lambda message: edit_customer(message.customer, name="Maria Rossi"),
    "tagged": lambda message: tag_customer(message.customer, name="regular"),
    "noted": lambda message: write_note(message.customer, text="Called about a cake."),
    "ordered": lambda message: record(OrderPlaced(customer_id=message.customer_id, order_id=1, value_minor=100)),
}


@pytest.mark.parametrize("why", KNOWN)
def test_of_whom_anything_else_is_known_nothing_is_taken(
    why: str, workspace: Workspace, topic: SubscriptionTopic
) -> None:
    with time_machine.travel(THEN, tick=False):
        KNOWN[why](joined(topic))

    assert left(workspace) == [Customer.objects.get().email]


def test_who_asked_again_has_another_month(workspace: Workspace, topic: SubscriptionTopic) -> None:
    with time_machine.travel(THEN, tick=False):
        joined(topic)
    with time_machine.travel(THEN + timedelta(days=20), tick=False):
        joined(topic)

    assert left(workspace) == ["maria@mail.example"]
    assert left(workspace, at=LATER + timedelta(days=20)) == []


def test_each_workspace_is_cleaned_by_itself(
    workspace: Workspace, topic: SubscriptionTopic, other_workspace: Workspace
) -> None:
    with time_machine.travel(THEN, tick=False):
        joined(topic)
        with workspace_scope(other_workspace):
            joined(TopicFactory(), "paul")

    assert left(workspace) == []
    with workspace_scope(other_workspace):
        assert [customer.email for customer in Customer.objects.all()] == ["paul@mail.example"]


def test_links_that_open_nothing_any_more_are_forgotten(workspace: Workspace) -> None:
    expired = [
        issue_token(workspace, purpose="test", subject_id=n, expires_at=THEN + timedelta(days=n)) for n in range(3)
    ]
    kept = issue_token(workspace, purpose="test", subject_id=9)

    with time_machine.travel(THEN + timedelta(days=1), tick=False):
        assert forget_expired_tokens(limit=1) == 1
        forget_tokens()
        assert find_token(expired[2], purpose="test")

    assert list(PublicToken.objects.order_by("pk").values_list("subject_id", flat=True)) == [2, 9]
    assert find_token(kept, purpose="test")
