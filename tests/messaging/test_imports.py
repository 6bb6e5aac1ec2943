from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.contracts import ConsentStatement, consent_basis
from messaging import actions
from messaging.imports import ConsentLedger
from messaging.models import ConsentRecord, ConsentState, SuppressionReason
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")

MARCH = timezone.now() - timedelta(days=100)


def test_the_import_finds_the_ledger() -> None:
    assert isinstance(consent_basis(), ConsentLedger)


def test_topics_in_use_in_their_order() -> None:
    TopicFactory(key="b", name="Bread", position=2)
    TopicFactory(key="a", name="Cakes", position=1)
    TopicFactory(archived_at=timezone.now())

    assert [(topic.key, topic.label) for topic in ConsentLedger().topics()] == [("a", "Cakes"), ("b", "Bread")]


def test_unreachable_are_the_suppressed_and_who_said_no_or_not_yes() -> None:
    topic = TopicFactory(key="newsletter")
    withdrew, asked, gave = (CustomerFactory() for _ in range(3))
    for customer, state in ((withdrew, "withdrawn"), (asked, "pending"), (gave, "given")):
        ConsentFactory(customer=customer, topic=topic, state=state)
    actions.suppress_address("bounced@mail.example", reason=SuppressionReason.BOUNCED)
    addresses = [withdrew.email, asked.email, gave.email, "bounced@mail.example", "new@mail.example"]

    assert ConsentLedger().unreachable(addresses, topic="newsletter", at=MARCH) == 3


def test_record_writes_what_the_file_says_once() -> None:
    TopicFactory(key="newsletter")
    yes, no = CustomerFactory(), CustomerFactory()
    statements = [
        ConsentStatement(
            customer.pk, "newsletter", is_given, "Form on our website", "customers.csv, line 7" * 30, MARCH
        )
        for customer, is_given in ((yes, True), (no, False))
    ]

    assert [ConsentLedger().record(statements) for _ in range(2)] == [2, 0]
    given, withdrawn = ConsentRecord.objects.order_by("customer")
    assert (given.state, given.at, given.wording) == (ConsentState.GIVEN, MARCH, "Form on our website")
    assert withdrawn.state == ConsentState.WITHDRAWN
