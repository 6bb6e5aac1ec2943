from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from customers.models.customers import Channel
from messaging.addresses import hash_address
from messaging.eligibility import refusals
from messaging.models import (
    ConsentState,
    Message,
    SubscriptionTopic,
    Suppression,
    SuppressionReason,
)
from messaging.purposes import Purpose
from messaging.reasons import Reason
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")

NOW = timezone.now()


def reason_of(message: Message) -> Reason | None:
    return refusals([message]).get(message.pk)


def newsletter(**fields: Any) -> Message:
    """A message that nothing speaks against."""
    customer = fields.pop("customer", None) or CustomerFactory()
    topic = fields.pop("topic", None) or TopicFactory()
    ConsentFactory(customer=customer, topic=topic)
    return MessageFactory(customer=customer, topic=topic, **fields)


def suppress(message: Message, reason: SuppressionReason) -> None:
    Suppression.objects.create(address_hash=message.address_hash, reason=reason)


def test_who_agreed_is_written_to() -> None:
    assert refusals([newsletter(), MessageFactory()]) == {}


def test_a_test_message_has_no_customer() -> None:
    message = MessageFactory(customer=None, address="owner@bakery.example", purpose=Purpose.TEST)

    assert reason_of(message) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"archived_at": NOW}, Reason.ARCHIVED),
        ({"erased_at": NOW}, Reason.ERASED),
        ({"email": "", "email_norm": ""}, Reason.NO_ADDRESS),
        ({"email_norm": "new@mail.example"}, Reason.ADDRESS_CHANGED),
        ({"preferred_channel": Channel.NONE}, Reason.WANTS_NO_CONTACT),
    ],
)
def test_what_a_customer_s_record_refuses(fields: dict[str, Any], reason: Reason) -> None:
    message = newsletter()
    Customer.objects.filter(messages=message).update(**fields)

    assert reason_of(message) == reason


@pytest.mark.parametrize(
    "address", ["maria", "@mail.example", "maria@", "ma ria@mail.example", "a\r\nBcc: b@c.example"]
)
def test_what_is_no_address(address: str) -> None:
    message = newsletter(customer=CustomerFactory(email=address, email_norm=address.lower()))

    assert reason_of(message) == Reason.BAD_ADDRESS


@pytest.mark.parametrize(
    ("suppression", "marketing", "transactional"),
    [
        (SuppressionReason.BOUNCED, Reason.BOUNCED, Reason.BOUNCED),
        (SuppressionReason.SOFT_BOUNCES, Reason.SOFT_BOUNCES, Reason.SOFT_BOUNCES),
        (SuppressionReason.COMPLAINED, Reason.COMPLAINED, Reason.COMPLAINED),
        (SuppressionReason.MANUAL, Reason.BLOCKED, Reason.BLOCKED),
        (SuppressionReason.UNSUBSCRIBED, Reason.UNSUBSCRIBED, None),
    ],
)
def test_suppression(suppression: SuppressionReason, marketing: Reason, transactional: Reason | None) -> None:
    greeting, receipt = newsletter(), MessageFactory()
    suppress(greeting, suppression)
    suppress(receipt, suppression)

    assert reason_of(greeting) == marketing
    assert reason_of(receipt) == transactional


def test_the_reason_that_stops_everything_is_told_first() -> None:
    message = newsletter()
    suppress(message, SuppressionReason.UNSUBSCRIBED)
    suppress(message, SuppressionReason.BOUNCED)

    assert reason_of(message) == Reason.BOUNCED


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([], Reason.NO_CONSENT),
        ([ConsentState.PENDING], Reason.NOT_CONFIRMED),
        ([ConsentState.PENDING, ConsentState.GIVEN], None),
        ([ConsentState.GIVEN, ConsentState.WITHDRAWN], Reason.WITHDRAWN),
        ([ConsentState.WITHDRAWN, ConsentState.PENDING], Reason.NOT_CONFIRMED),
        ([ConsentState.WITHDRAWN, ConsentState.GIVEN], None),
    ],
)
def test_the_newest_word_on_a_topic_counts(history: list[ConsentState], reason: Reason | None) -> None:
    message = MessageFactory(topic=TopicFactory())
    for state in history:
        ConsentFactory(customer=message.customer, topic=message.topic, state=state, at=NOW)

    assert reason_of(message) == reason


def test_what_was_said_later_counts_in_whatever_order_it_was_written() -> None:
    message = newsletter()
    ConsentFactory(
        customer=message.customer, topic=message.topic, state=ConsentState.WITHDRAWN, at=NOW - timedelta(days=30)
    )

    assert reason_of(message) is None


def test_consent_to_another_topic_is_none_to_this() -> None:
    message = MessageFactory(topic=TopicFactory())
    ConsentFactory(customer=message.customer)

    assert reason_of(message) == Reason.NO_CONSENT


def test_nobody_is_written_to_about_an_archived_topic() -> None:
    message = newsletter()
    SubscriptionTopic.objects.update(archived_at=NOW)

    assert reason_of(message) == Reason.TOPIC_ARCHIVED


def test_a_merged_customer_s_survivor_decides() -> None:
    survivor = CustomerFactory()
    between = CustomerFactory(email="", email_norm="", merged_into=survivor)
    message = newsletter()
    absorbed = message.customer
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=between)
    Customer.objects.filter(pk=survivor.pk).update(email=absorbed.email, email_norm=absorbed.email_norm)

    assert reason_of(message) == Reason.NO_CONSENT
    ConsentFactory(customer=survivor, topic=message.topic)
    assert reason_of(message) is None


def test_another_workspace_s_suppression_and_consent_mean_nothing(other_workspace: Workspace) -> None:
    message = newsletter()
    lonely = MessageFactory(topic=TopicFactory())
    with workspace_scope(other_workspace):
        Suppression.objects.create(address_hash=message.address_hash, reason=SuppressionReason.BOUNCED)
        ConsentFactory(customer=CustomerFactory(email=lonely.address))

    assert refusals([message, lonely]) == {lonely.pk: Reason.NO_CONSENT}


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow_with_the_batch(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    messages = [newsletter() for _ in range(count)]
    messages = list(Message.objects.filter(pk__in=[message.pk for message in messages]))

    with django_assert_num_queries(6):
        refusals(messages)


def test_the_hash_is_that_of_the_message() -> None:
    message = newsletter()

    assert message.address_hash == hash_address(message.customer.email)
