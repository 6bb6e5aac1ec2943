from __future__ import annotations

import json

import pytest

from accounts.models import PublicToken
from customers.contracts import personal_data
from customers.models import Customer
from messaging import actions
from messaging.eligibility import consents_of
from messaging.links import links_for
from messaging.models import (
    ConsentRecord,
    ConsentState,
    Message,
    MessageEvent,
    MessageState,
    Suppression,
    SuppressionReason,
)
from messaging.personal_data.consent import ConsentData, SuppressionData
from messaging.personal_data.messages import MessagesData
from messaging.queries import suppressions_for
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory

pytestmark = pytest.mark.usefixtures("workspace")

DATA = (MessagesData(), ConsentData(), SuppressionData())
CANARY = "canary"


def canary() -> Customer:
    """Somebody whose traces are everywhere."""
    customer = CustomerFactory(email=f"{CANARY}@mail.example", email_norm=f"{CANARY}@mail.example")
    consent = ConsentFactory(customer=customer, wording=f"{CANARY} agreed", detail=f"told by {CANARY}", ip="192.0.2.7")
    message = MessageFactory(customer=customer, topic=consent.topic, context={"customer": {"name": CANARY}})
    MessageEvent.objects.create(message=message, kind="put_off", detail=f"450 <{CANARY}@mail.example> later")
    links_for([message])
    Message.objects.update(reply=f"450 {CANARY}")
    actions.suppress_address(customer.email, reason=SuppressionReason.BOUNCED, detail=f"550 {CANARY}")
    return customer


def test_everything_is_registered() -> None:
    assert {type(each) for each in DATA} <= {type(each) for each in personal_data()}


def test_the_export_says_what_is_kept() -> None:
    customer = canary()

    message, consent, suppression = (next(each.export(customer)) for each in DATA)

    assert (message["address"], message["filled_in_with"]) == (customer.email, {"customer": {"name": CANARY}})
    assert (consent["wording"], consent["ip"], consent["state"]) == (f"{CANARY} agreed", "192.0.2.7", "Given")
    assert suppression["detail"] == f"550 {CANARY}"
    json.dumps([message, consent, suppression], default=str)


def test_the_erasure_leaves_no_trace_but_the_hash() -> None:
    customer = canary()
    waiting = MessageFactory(customer=customer)

    assert [each.erase(customer) for each in DATA] == [2, 1, 1]

    everything = [*Message.objects.values(), *MessageEvent.objects.values(), *ConsentRecord.objects.values()]
    assert CANARY not in repr([*everything, *Suppression.objects.values()])
    assert "192.0.2.7" not in repr(everything)
    waiting.refresh_from_db()
    assert waiting.state == MessageState.SKIPPED
    assert not PublicToken.objects.exists()
    assert suppressions_for(f"{CANARY}@mail.example")


def test_a_merge_moves_messages_and_consent_there_and_back() -> None:
    absorbed, survivor = CustomerFactory(), CustomerFactory()
    topic = ConsentFactory(customer=absorbed).topic
    theirs = MessageFactory(customer=survivor)
    MessageFactory(customer=absorbed)

    moved = [each.move(absorbed=absorbed, survivor=survivor) for each in DATA]

    assert Message.objects.filter(customer=survivor).count() == 2
    assert consents_of([survivor.pk], [topic.pk]) == {(survivor.pk, topic.pk): ConsentState.GIVEN}
    for each, ids in zip(DATA, moved, strict=True):
        each.move_back(ids, absorbed=absorbed)
    assert list(Message.objects.filter(customer=survivor)) == [theirs]
    assert ConsentRecord.objects.get().customer == absorbed
