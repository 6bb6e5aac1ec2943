from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer, Facts
from messaging.events import (
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageFailed,
    MessageOpened,
    MessageSent,
)
from messaging.models import Message, Suppression
from messaging.reasons import Reason
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from timeline.recording import record

pytestmark = pytest.mark.usefixtures("workspace")

Drained = Callable[[], AbstractContextManager[None]]
NOW = timezone.now()


def test_last_sendings_are_facts(drained: Drained) -> None:
    customer, absorbed = CustomerFactory(), CustomerFactory()
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=customer)

    with drained():
        for customer_id, days in ((customer.pk, 3), (absorbed.pk, 1), (customer.pk, 2), (None, 0)):
            record(
                MessageSent(
                    customer_id=customer_id, message_id=1, purpose="birthday", occurred_at=NOW - timedelta(days=days)
                )
            )

    assert Facts.objects.get(customer=customer).last_sent_at == NOW - timedelta(days=1)


def test_last_readings_are_facts(drained: Drained) -> None:
    customer, absorbed = CustomerFactory(), CustomerFactory()
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=customer)
    with drained():
        for customer_id, days in ((customer.pk, 3), (absorbed.pk, 1), (None, 0)):
            at = NOW - timedelta(days=days)
            record(MessageOpened(customer_id=customer_id, occurred_at=at, message_id=1, purpose="flow"))
            at -= timedelta(days=4)
            record(MessageClicked(customer_id=customer_id, occurred_at=at, message_id=1, purpose="flow", link="1"))

    facts = Facts.objects.get(customer=customer)
    assert facts.last_opened_at == NOW - timedelta(days=1)
    assert facts.last_clicked_at == NOW - timedelta(days=5)


@pytest.mark.parametrize(
    ("reply", "is_dead"),
    [
        ("550 5.1.1 <maria@mail.example>: no such user", 1),
        ("556 5.1.10 null MX", 1),
        ("550 5.7.1 blocked for spam", 0),
        ("552 5.2.2 mailbox full", 0),
        ("550 no", 0),
    ],
)
def test_an_address_that_the_relay_says_does_not_exist_is_not_tried_again(
    reply: str, is_dead: int, drained: Drained
) -> None:
    message = MessageFactory()
    Message.objects.update(reply=reply)

    with drained():
        record(
            MessageFailed(
                customer_id=message.customer_id, message_id=message.pk, purpose="birthday", reason=Reason.REFUSED
            )
        )

    assert [suppression.reason for suppression in Suppression.objects.all()] == ["bounced"] * is_dead


def test_bounces_and_complaints_suppress_once(drained: Drained) -> None:
    message = MessageFactory()
    facts = {"customer_id": message.customer_id, "message_id": message.pk, "purpose": "birthday"}

    with drained():
        for event in (MessageBounced, MessageBounced, MessageComplained):
            record(event(**facts))

    assert sorted(Suppression.objects.values_list("reason", flat=True)) == ["bounced", "complained"]
