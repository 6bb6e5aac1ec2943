from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions import queue_messages
from messaging.drafts import MessageDraft
from messaging.models import Message, TemplateVersion
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TemplateVersionFactory

pytestmark = pytest.mark.usefixtures("workspace")


def draft_for(customer: Customer, version: TemplateVersion, **changes: object) -> MessageDraft:
    values = {
        "customer_id": customer.pk,
        "address": customer.email,
        "purpose": "birthday",
        "dedupe_key": f"birthday:{customer.pk}:2026",
        "template_version_id": version.pk,
    }
    return MessageDraft(**(values | changes))  # type: ignore[arg-type]


def test_queue_messages_gives_each_an_identity_of_its_own() -> None:
    version = TemplateVersionFactory()
    ada, ben = CustomerFactory(email="Ada@Mail.example"), CustomerFactory()

    assert queue_messages([draft_for(ada, version, context={"age": 40}), draft_for(ben, version)]) == 2

    first, second = Message.objects.order_by("id")
    assert (first.customer, first.address, first.state, first.context) == (
        ada,
        "Ada@Mail.example",
        "queued",
        {"age": 40},
    )
    assert first.message_id.startswith("<")
    assert first.message_id.endswith("@localhost>")
    assert first.message_id != second.message_id


def test_queue_messages_twice_changes_nothing() -> None:
    version, customer = TemplateVersionFactory(), CustomerFactory()
    queue_messages([draft_for(customer, version)])

    again = queue_messages([draft_for(customer, version, address="other@mail.example")])

    assert again == 0
    assert list(Message.objects.values_list("address", flat=True)) == [customer.email]


def test_queue_messages_twice_in_one_batch_queues_one() -> None:
    version, customer = TemplateVersionFactory(), CustomerFactory()

    assert queue_messages([draft_for(customer, version), draft_for(customer, version)]) == 1


def test_queue_messages_of_nobody_rings_for_nobody() -> None:
    assert queue_messages([]) == 0
    assert not Doorbell.objects.filter(queue="messages").exists()


def test_queue_messages_rings_now_for_what_is_due() -> None:
    version = TemplateVersionFactory()
    later = timezone.now() + timedelta(hours=3)

    queue_messages([draft_for(CustomerFactory(), version, not_before=later), draft_for(CustomerFactory(), version)])

    assert Doorbell.objects.get(queue="messages").due_at <= timezone.now()


def test_queue_messages_rings_at_the_first_hour_that_is_due() -> None:
    version = TemplateVersionFactory()
    soon, late = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=9)

    queue_messages(
        [
            draft_for(CustomerFactory(), version, not_before=late),
            draft_for(CustomerFactory(), version, not_before=soon),
        ]
    )

    assert Doorbell.objects.get(queue="messages").due_at == soon


def test_one_dedupe_key_means_one_message_in_each_workspace(other_workspace: Workspace) -> None:
    version, customer = TemplateVersionFactory(), CustomerFactory()
    queue_messages([draft_for(customer, version, dedupe_key="birthday:1:2026")])

    with workspace_scope(other_workspace):
        theirs = draft_for(CustomerFactory(), TemplateVersionFactory(), dedupe_key="birthday:1:2026")

        assert queue_messages([theirs]) == 1
