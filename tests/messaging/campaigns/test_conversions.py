"""Which message an order counts for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from customers.actions import merge_customers
from customers.models import Customer
from messaging.actions import conversions
from messaging.models import Conversion, Message, MessageEvent, SubscriptionTopic
from sales.actions import cancel_order, refund_order, reinstate_order
from sales.events import OrderPlaced
from sales.models import Order
from tests.factories.campaigns import CampaignFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.factories.sales import OrderFactory
from tests.messaging.campaigns.crowd import leaves
from timeline.models import Event
from timeline.recording import record

Drained = Callable[[], AbstractContextManager[None]]
pytestmark = pytest.mark.usefixtures("workspace")


def ago(**time: float) -> datetime:
    return timezone.now() - timedelta(**time)


@pytest.fixture
def customer(workspace: Workspace) -> Customer:
    return CustomerFactory()


def received(
    customer: Customer, topic: SubscriptionTopic, *, sent: datetime, opened: datetime | None = None,
    clicked: datetime | None = None, **fields: Any,
) -> Message:  # fmt: skip
    message = MessageFactory(customer=customer, topic=topic, purpose="campaign", **fields)
    leaves(message)
    Message.objects.filter(pk=message.pk).update(sent_at=sent, opened_at=opened or clicked, clicked_at=clicked)
    return message


def ordered(customer: Customer, placed_at: datetime, **fields: Any) -> Order:
    order = OrderFactory(customer=customer, placed_at=placed_at, **fields)
    record(OrderPlaced(customer_id=customer.pk, order_id=order.pk, value_minor=order.value_minor))
    return order


def counted() -> list[tuple[int, int, str]]:
    return list(Conversion.objects.order_by("pk").values_list("order_id", "message_id", "touch"))


def told() -> list[str]:
    kinds = ("MessageConverted", "ConversionRevoked")
    return list(Event.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", flat=True))


def test_a_click_beats_a_later_opening_and_the_later_of_two_clicks_counts(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    received(customer, topic, sent=ago(days=4), clicked=ago(days=3.9))
    clicked = received(customer, topic, sent=ago(days=3), clicked=ago(days=2.9))
    received(customer, topic, sent=ago(days=1), opened=ago(hours=20))

    with drained():
        order = ordered(customer, ago(hours=1))

    assert counted() == [(order.pk, clicked.pk, "clicked")]
    event = Event.objects.get(kind="MessageConverted")
    assert event.payload == {
        "message_id": clicked.pk, "purpose": "campaign", "order_id": order.pk, "value_minor": 1250, "currency": "EUR"
    }  # fmt: skip
    assert event.customer_id == customer.pk


def test_a_second_link_followed_later_is_a_touch_too(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    message = received(customer, topic, sent=ago(days=20), clicked=ago(days=19))
    MessageEvent.objects.create(message=message, kind="clicked", key="2", at=ago(days=1))

    with drained():
        order = ordered(customer, ago(hours=1))

    assert counted() == [(order.pk, message.pk, "clicked")]


@pytest.mark.parametrize(
    ("touch", "is_counted"),
    [
        ({"opened": timedelta(days=2)}, True),
        ({"opened": timedelta(days=5, minutes=1)}, False),
        ({"clicked": -timedelta(minutes=1)}, False),
        ({}, False),
    ],
)
def test_only_a_touch_in_the_days_before_the_order_counts(
    customer: Customer, topic: SubscriptionTopic, drained: Drained, touch: dict[str, timedelta], is_counted: object
) -> None:
    placed_at = ago(hours=1)
    touches = {name: placed_at - before for name, before in touch.items()}
    received(customer, topic, sent=placed_at - timedelta(days=6), **touches)

    with drained():
        ordered(customer, placed_at)

    assert bool(counted()) is is_counted


def test_the_days_are_the_campaign_s_own(customer: Customer, topic: SubscriptionTopic, drained: Drained) -> None:
    campaign = CampaignFactory(goal_days=10)
    message = received(customer, topic, sent=ago(days=9), clicked=ago(days=8), campaign=campaign)

    with drained():
        order = ordered(customer, ago(hours=1))

    assert counted() == [(order.pk, message.pk, "clicked")]
    assert Conversion.objects.get().campaign == campaign


def test_having_received_it_counts_where_the_workspace_says_so(
    workspace: Workspace, customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    message = received(customer, topic, sent=ago(days=1))
    workspace.counts_receipts = True

    with drained():
        order = ordered(customer, ago(hours=1))

    assert counted() == [(order.pk, message.pk, "received")]


def test_what_bounced_was_received_by_nobody(
    workspace: Workspace, customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    arrived = received(customer, topic, sent=ago(days=2))
    bounced = received(customer, topic, sent=ago(days=1))
    Message.objects.filter(pk=bounced.pk).update(state="bounced")
    workspace.counts_receipts = True

    with drained():
        order = ordered(customer, ago(hours=1))

    assert counted() == [(order.pk, arrived.pk, "received")]


def test_what_was_asked_for_converts_nobody(customer: Customer, drained: Drained) -> None:
    message = MessageFactory(customer=customer, purpose="confirmation")
    leaves(message)
    Message.objects.filter(pk=message.pk).update(sent_at=ago(days=1), clicked_at=ago(hours=20))

    with drained():
        ordered(customer, ago(hours=1))

    assert counted() == []


def test_a_cancelled_order_is_taken_back_and_a_reinstated_one_counts_again(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    received(customer, topic, sent=ago(days=2), clicked=ago(days=1))
    with drained():
        order = ordered(customer, ago(hours=1))
    with drained():
        cancel_order(order)
    assert counted() == []
    with drained():
        reinstate_order(order)

    assert len(counted()) == 1
    assert told() == ["MessageConverted", "ConversionRevoked", "MessageConverted"]


def test_a_refund_takes_off_what_it_gives_back(customer: Customer, topic: SubscriptionTopic, drained: Drained) -> None:
    received(customer, topic, sent=ago(days=2), clicked=ago(days=1))
    with drained():
        order = ordered(customer, ago(hours=1))
    with drained():
        refund_order(order, amount_minor=250)
    assert Conversion.objects.get().value_minor == 1000
    with drained():
        refund_order(order, amount_minor=1000)

    assert counted() == []


def test_an_order_told_before_the_click_that_led_to_it_counts(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    message = received(customer, topic, sent=ago(days=2))
    with drained():
        order = ordered(customer, ago(minutes=1))
    assert counted() == []

    Message.objects.filter(pk=message.pk).update(opened_at=ago(minutes=3), clicked_at=ago(minutes=3))
    conversions.attribute_readings([message.pk])

    assert counted() == [(order.pk, message.pk, "clicked")]


def test_an_order_told_late_counts_for_what_was_last_then(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    then = received(customer, topic, sent=ago(days=12), clicked=ago(days=11))
    received(customer, topic, sent=ago(days=5), clicked=ago(days=4))

    with drained():
        order = ordered(customer, ago(days=10))

    assert counted() == [(order.pk, then.pk, "clicked")]


def test_the_orders_of_a_merged_customer_count_for_the_messages_of_the_other(
    customer: Customer, topic: SubscriptionTopic, drained: Drained
) -> None:
    message = received(customer, topic, sent=ago(days=2), clicked=ago(days=1))
    other = CustomerFactory()
    with drained():
        order = ordered(other, ago(hours=1))
    assert counted() == []

    with drained():
        merge_customers(survivor=customer, absorbed=other)

    assert counted() == [(order.pk, message.pk, "clicked")]


@pytest.mark.parametrize("count", [1, 3])
def test_many_orders_take_as_many_queries_as_one(
    topic: SubscriptionTopic, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    orders = []
    for _ in range(count):
        customer = CustomerFactory()
        received(customer, topic, sent=ago(days=2), clicked=ago(days=1), campaign=CampaignFactory())
        orders.append(ordered(customer, ago(hours=1)).pk)

    with django_assert_num_queries(10):
        conversions.attribute_orders(orders)
