"""What came in, written down once: with its message, on the timeline, and for the address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import erase_customer, merge_customers
from messaging.actions.inbound import MOST_SOFT_BOUNCES, StillLeaving, take_in_reply, take_in_reports
from messaging.inbound.reading import IncomingReply, Report, ReportKind
from messaging.models import Message, MessageEvent, Reply, Suppression
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import put_in_doubt, row, told_of

pytestmark = pytest.mark.usefixtures("workspace")

Drained = Callable[[], AbstractContextManager[None]]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sent(**fields: object) -> Message:
    message: Message = MessageFactory(**fields)
    rows = Message.objects.filter(pk=message.pk)
    rows.update(state="leased", lease_token="w:1:x", lease_expires_at=NOW)
    rows.update(state="sending")
    rows.update(state="sent", lease_token="", lease_expires_at=None, sent_at=NOW)
    message.refresh_from_db()
    return message


def report(message: Message, kind: ReportKind, key: str = "1") -> Report:
    return Report(kind, message.message_id, key, NOW)


def reply_to(message: Message, **fields: object) -> IncomingReply:
    words = {
        "message_ids": (message.message_id,),
        "mail_id": "<a1@mail.example>",
        "sender": "maria@mail.example",
        "subject": "Re: News",
        "text": "Yes please",
        "at": NOW,
        "is_automatic": False,
    }
    return IncomingReply(**(words | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "state", "event", "suppressed"),
    [
        (ReportKind.DELIVERED, "delivered", "MessageDelivered", []),
        (ReportKind.HARD_BOUNCE, "bounced", "MessageBounced", ["bounced"]),
        (ReportKind.COMPLAINED, "complained", "MessageComplained", ["complained"]),
        (ReportKind.SOFT_BOUNCE, "sent", None, []),
        (ReportKind.UNSUBSCRIBED, "sent", None, ["unsubscribed"]),
    ],
)
def test_a_report_counts_once(
    kind: ReportKind, state: str, event: str | None, suppressed: list[str], drained: Drained
) -> None:
    message = sent()

    with drained():
        assert [take_in_reports([report(message, kind)]) for _ in range(2)] == [1, 0]

    assert row(message)[0] == state
    assert told_of(message) == ([event] if event else [])
    assert list(Suppression.objects.values_list("reason", flat=True)) == suppressed
    assert MessageEvent.objects.filter(message=message).count() == 1


def test_a_complaint_after_the_delivery_and_a_late_delivery_after_the_bounce() -> None:
    liked, dead = sent(), sent()

    take_in_reports([report(liked, ReportKind.DELIVERED), report(dead, ReportKind.HARD_BOUNCE)])
    take_in_reports([report(liked, ReportKind.COMPLAINED), report(dead, ReportKind.DELIVERED)])

    assert [row(liked)[0], row(dead)[0]] == ["complained", "bounced"]


def test_who_reports_on_a_message_in_doubt_has_it() -> None:
    message = put_in_doubt(MessageFactory())

    take_in_reports([report(message, ReportKind.DELIVERED)])

    assert row(message)[0] == "delivered"
    assert told_of(message) == ["MessageSent", "MessageDelivered"]


def test_a_report_that_overtakes_its_message_has_to_come_again() -> None:
    message = MessageFactory()
    Message.objects.update(state="leased", lease_token="w:1:x", lease_expires_at=NOW)

    with pytest.raises(StillLeaving):
        take_in_reports([report(message, ReportKind.DELIVERED)])

    assert not MessageEvent.objects.exists()


def test_an_address_that_fails_again_and_again_is_written_to_no_more() -> None:
    customer = CustomerFactory()
    messages = [sent(customer=customer) for _ in range(MOST_SOFT_BOUNCES + 1)]

    for message in messages[:-1]:
        take_in_reports([report(message, ReportKind.SOFT_BOUNCE)])
    assert not Suppression.objects.exists()

    take_in_reports([report(messages[-1], ReportKind.SOFT_BOUNCE)])
    assert list(Suppression.objects.values_list("reason", flat=True)) == ["soft_bounces"]


def test_one_that_got_through_begins_the_count_anew() -> None:
    customer = CustomerFactory()
    messages = [sent(customer=customer) for _ in range(MOST_SOFT_BOUNCES + 1)]
    del messages[3]

    take_in_reports([report(message, ReportKind.SOFT_BOUNCE) for message in messages])

    assert not Suppression.objects.exists()


def test_a_message_of_another_workspace_is_none_of_ours(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        message = sent()

    assert take_in_reports([report(message, ReportKind.HARD_BOUNCE)]) == 0
    assert take_in_reply(reply_to(message)) is None

    with workspace_scope(other_workspace):
        assert row(message)[0] == "sent"


def test_a_reply_stands_on_the_timeline_and_is_told_to_the_business_once(workspace: Workspace) -> None:
    workspace.reply_to = "hello@bakery.example"
    workspace.save()
    message = sent()

    first, again = take_in_reply(reply_to(message)), take_in_reply(reply_to(message))

    assert first == again
    assert Reply.objects.values_list("customer", "text").get() == (message.customer_id, "Yes please")
    assert told_of(message) == ["MessageReplied"]
    notice = Message.objects.get(purpose="notice")
    assert (notice.address, notice.customer, notice.context["notice_title"]) == (
        "hello@bakery.example",
        None,
        "A customer answered",
    )
    assert notice.context["notice_url"].endswith(f"/w/bakery/messages/replies/{first.pk if first else 0}/")


def test_without_an_address_to_answer_from_the_owners_are_told(owner: object) -> None:
    take_in_reply(reply_to(sent()))

    assert list(Message.objects.filter(purpose="notice").values_list("address", flat=True)) == [owner.email]  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_automatic", [False, True])
def test_whoever_was_erased_is_not_written_down_again(is_automatic: bool) -> None:  # noqa: FBT001
    message, survivor = sent(), CustomerFactory()
    assert message.customer
    merge_customers(survivor=survivor, absorbed=message.customer)
    erase_customer(survivor)
    before = told_of(message)

    assert take_in_reply(reply_to(message, is_automatic=is_automatic)) is None

    assert not Reply.objects.exists()
    assert not message.events.exists()
    assert told_of(message) == before


def test_an_automatic_reply_is_noted_and_nothing_more() -> None:
    message = sent()

    assert take_in_reply(reply_to(message, is_automatic=True)) is None

    assert not Reply.objects.exists()
    assert told_of(message) == []
    assert list(MessageEvent.objects.values_list("message_id", "kind")) == [(message.pk, "auto_replied")]
