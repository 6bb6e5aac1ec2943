from __future__ import annotations

import pytest

from accounts.models import AuditEntry, Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.addresses import hash_address
from messaging.models import MessageState, Suppression, SuppressionReason
from messaging.reasons import Reason
from messaging.refusals import NoSuchAddress
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def test_suppress_address_keeps_no_address_and_happens_once() -> None:
    customer = CustomerFactory(email="Maria@Bakery.example", email_norm="maria@bakery.example")

    for _ in range(2):
        actions.suppress_address("maria@bakery.example ", reason=SuppressionReason.BOUNCED, detail="550 no such user")

    suppression = Suppression.objects.get()
    assert suppression.address_hash == hash_address(customer.email)
    assert suppression.hint == "m…@bakery.example"
    event = Event.objects.get()
    assert (event.kind, event.customer_id, event.payload["reason"]) == ("AddressSuppressed", customer.pk, "bounced")


@pytest.mark.parametrize(
    ("reason", "receipt_state"),
    [(SuppressionReason.COMPLAINED, MessageState.SKIPPED), (SuppressionReason.UNSUBSCRIBED, MessageState.QUEUED)],
)
def test_suppression_keeps_back_what_is_on_its_way(reason: SuppressionReason, receipt_state: MessageState) -> None:
    customer = CustomerFactory()
    newsletter = MessageFactory(customer=customer, topic=TopicFactory())
    receipt = MessageFactory(customer=customer)

    actions.suppress_address(customer.email, reason=reason)

    newsletter.refresh_from_db()
    receipt.refresh_from_db()
    assert newsletter.state == MessageState.SKIPPED
    assert receipt.state == receipt_state


@pytest.mark.parametrize("address", ["", "maria", "@", "maria @bakery.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NoSuchAddress):
        actions.block_address(address, why="asked us to")


def test_block_and_release_are_audited_with_their_reasons() -> None:
    suppression = actions.block_address("maria@bakery.example", why="asked on the phone")

    for _ in range(2):
        actions.release_address(suppression, why="a mistake")

    assert not Suppression.objects.exists()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "target", "detail")) == [
        ("blocked an address", "m…@bakery.example", {"why": "asked on the phone"}),
        ("released an address", "m…@bakery.example", {"why": "a mistake", "reason": "manual"}),
    ]
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["AddressSuppressed", "AddressReleased"]


def test_lifting_one_reason_leaves_the_others() -> None:
    actions.suppress_address("maria@bakery.example", reason=SuppressionReason.BOUNCED)
    unsubscription = actions.suppress_address("maria@bakery.example", reason=SuppressionReason.UNSUBSCRIBED)

    actions.release_address(unsubscription, why="a mistake")

    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED


def test_the_reason_is_told_in_the_message() -> None:
    message = MessageFactory()

    actions.suppress_address(message.address, reason=SuppressionReason.MANUAL)

    message.refresh_from_db()
    assert message.reason == Reason.BLOCKED


def test_each_workspace_has_its_own_list(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        actions.block_address("maria@bakery.example", why="asked us to")

    assert not Suppression.objects.exists()
