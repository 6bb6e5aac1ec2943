from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from metrics.actions import count_orders, recount_all_orders
from metrics.models import CountedOrder, DayChannel
from sales.events import OrderPlaced
from sales.models import Order
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory
from timeline.recording import record

CELL = ["day", "channel", "orders", "first_orders", "repeat_orders", "units", "revenue_minor"]
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def cells() -> list[tuple[object, ...]]:
    return list(DayChannel.objects.order_by("day", "channel").values_list(*CELL))


def counted() -> list[tuple[object, ...]]:
    return list(
        CountedOrder.objects.order_by("pk").values_list("order", "customer", "day", "revenue_minor", "is_first")
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_incremental_way_agrees_with_counting_anew(workspace: Workspace, seed: int) -> None:
    chance = random.Random(seed)
    customers = [CustomerFactory() for _ in range(4)]
    for _ in range(40):
        touched, order = change_something(chance, customers)
        count_orders(customer_ids=touched, order_ids=[order.pk])

    by_steps = cells(), counted()
    recount_all_orders()

    assert by_steps == (cells(), counted())


def change_something(chance: random.Random, customers: list[object]) -> tuple[list[int], Order]:
    """Place an order early or late, move it, refund it or cancel it. Returns whom and what that touched."""
    orders = list(Order.objects.all())
    if not orders or chance.random() < 0.4:
        at = START + timedelta(days=chance.randrange(30), hours=chance.randrange(8))
        customer = chance.choice([*customers, None])
        order = OrderFactory(customer=customer, placed_at=at, channel=chance.choice(["shop", "web", ""]), units=2)
        return [order.customer_id] if customer else [], order
    order = chance.choice(orders)
    before = order.customer_id
    change = chance.choice(["day", "refund", "cancel", "customer", "channel"])
    if change == "day":
        order.placed_at = START + timedelta(days=chance.randrange(30))
        order.placed_on = order.placed_at.date()
    elif change == "refund":
        order.refunded_minor = order.refunded_value_minor = chance.randrange(order.total_minor)
    elif change == "cancel":
        order.cancelled_at = None if order.cancelled_at else START
    elif change == "channel":
        order.channel = chance.choice(["shop", "web"])
    else:
        order.customer = chance.choice([*customers, None])
    order.save()
    return [one for one in (before, order.customer_id) if one], order


def test_an_event_brings_the_rollup_up_to_date_and_twice_changes_nothing(
    workspace: Workspace, drained: Callable[[], AbstractContextManager[None]]
) -> None:
    with drained():
        order = OrderFactory(total_minor=1250, units=3)
        for _ in range(2):
            record(OrderPlaced(customer_id=order.customer_id, order_id=order.pk, value_minor=1250))

    assert cells() == [(order.placed_on, "shop", 1, 1, 0, 3, 1250)]


def test_a_late_order_makes_the_earlier_first_one_a_repeat(workspace: Workspace) -> None:
    customer = CustomerFactory()
    later = OrderFactory(customer=customer, placed_at=START + timedelta(days=5))
    count_orders(customer_ids=[customer.pk], order_ids=[later.pk])
    earlier = OrderFactory(customer=customer, placed_at=START)
    count_orders(customer_ids=[customer.pk], order_ids=[earlier.pk])

    assert dict(CountedOrder.objects.values_list("order", "is_first")) == {later.pk: False, earlier.pk: True}


def test_a_day_whose_orders_are_gone_leaves_no_cell(workspace: Workspace) -> None:
    order = OrderFactory()
    count_orders(customer_ids=[], order_ids=[order.pk])
    Order.objects.filter(pk=order.pk).update(cancelled_at=START)
    count_orders(customer_ids=[], order_ids=[order.pk])

    assert (cells(), counted()) == ([], [])


def test_another_workspace_s_orders_do_not_count(workspace: Workspace, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = OrderFactory()
        count_orders(customer_ids=[], order_ids=[theirs.pk])

    count_orders(customer_ids=[theirs.customer_id], order_ids=[theirs.pk])

    assert (cells(), counted()) == ([], [])
