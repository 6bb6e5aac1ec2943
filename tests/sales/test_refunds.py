from __future__ import annotations

from datetime import UTC, datetime

import pytest

from customers.refusals import ValueRefused
from sales.actions import NewLine, archive_order, cancel_order, edit_order, place_order, refund_order
from sales.models import Order, Refund
from sales.refusals import AmountRefused, DateRefused, KeyReused, OrderClosed, RefundTooLarge
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def order(workspace: object) -> Order:
    return place_order(
        customer=CustomerFactory(),
        placed_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        lines=[NewLine(description="Cake", unit_price_minor=1000)],
    )


def test_refund_order_in_parts_up_to_the_total(order: Order) -> None:
    refund_order(order, amount_minor=400, reason="Squashed")
    refund_order(order, amount_minor=600)

    order.refresh_from_db()
    assert (order.refunded_minor, order.net_value_minor, order.refundable_minor) == (1000, 0, 0)
    payloads = Event.objects.filter(kind="OrderRefunded").order_by("pk").values_list("customer_id", "payload")
    refunds = list(Refund.objects.order_by("pk"))
    assert [refund.reason for refund in refunds] == ["Squashed", ""]
    assert list(payloads) == [
        (order.customer_id, {"order_id": order.pk, "refund_id": refund.pk, "value_minor": refund.amount_minor})
        for refund in refunds
    ]


def test_refund_order_never_gives_back_more_than_the_total(order: Order) -> None:
    refund_order(order, amount_minor=400)

    with pytest.raises(RefundTooLarge):
        refund_order(order, amount_minor=601)

    order.refresh_from_db()
    assert (order.refunded_minor, Refund.objects.count()) == (400, 1)


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_refund_order_refuses_nothing_and_less(order: Order, amount_minor: int) -> None:
    with pytest.raises(AmountRefused):
        refund_order(order, amount_minor=amount_minor)


def test_refund_order_with_a_key_happens_once(order: Order) -> None:
    first = refund_order(order, amount_minor=400, key="r-1")

    assert refund_order(order, amount_minor=400, key="r-1") == first
    with pytest.raises(KeyReused):
        refund_order(order, amount_minor=300, key="r-1")

    order.refresh_from_db()
    assert order.refunded_minor == 400


def test_refund_order_in_parts_rounds_to_exactly_the_whole() -> None:
    order = place_order(
        customer=None,
        placed_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        currency="USD",
        rate_micros=333_333,
        lines=[NewLine(description="Tin", unit_price_minor=1001)],
    )

    for amount in (1, 1, 1, 498, 500):
        refund_order(order, amount_minor=amount)

    order.refresh_from_db()
    assert (order.refunded_minor, order.net_value_minor) == (1001, 0)
    assert sum(Refund.objects.values_list("value_minor", flat=True)) == order.value_minor


def test_refund_order_of_a_cancelled_one_but_not_of_an_archived_one(order: Order) -> None:
    cancel_order(order)
    refund_order(order, amount_minor=100)
    archive_order(order)

    with pytest.raises(OrderClosed):
        refund_order(order, amount_minor=100)


def test_refund_order_refuses_impossible_times_and_endless_reasons(order: Order) -> None:
    with pytest.raises(DateRefused):
        refund_order(order, amount_minor=1, refunded_at=datetime(9999, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueRefused):
        refund_order(order, amount_minor=1, reason="x" * 301)


def test_edit_order_holds_on_to_what_was_refunded(order: Order) -> None:
    refund_order(order, amount_minor=400)

    with pytest.raises(AmountRefused, match="already refunded"):
        edit_order(order, lines=[NewLine(description="Cake", unit_price_minor=399)])
    with pytest.raises(AmountRefused, match="currency and rate"):
        edit_order(order, currency="USD", rate_micros=900_000)

    assert edit_order(order, lines=[NewLine(description="Cake", unit_price_minor=400)]).net_value_minor == 0
