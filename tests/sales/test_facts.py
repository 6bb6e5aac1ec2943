"""The facts equal the raw rows, whatever happened and in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.contracts import personal_data
from customers.events import CustomersMerged, MergeUndone
from customers.models import Customer, Facts
from customers.refusals import Refused
from sales.actions import (
    NewLine,
    archive_order,
    cancel_order,
    edit_order,
    place_order,
    refund_order,
    reinstate_order,
    restore_order,
)
from sales.actions.facts import recount_purchases
from sales.events import PageViewed, ProductViewed
from sales.models import Order, PageView, ProductView
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory
from timeline.models import DeadLetter
from timeline.recording import record, record_many

Drained = Callable[[], AbstractContextManager[None]]

OPENING = datetime(2026, 1, 5, 8, tzinfo=UTC)


def counted(customer: Customer) -> dict[str, object]:
    """The facts of sales by definition, one order at a time and without SQL's help."""
    orders = [
        order for order in Order.objects.filter(customer=customer) if not (order.cancelled_at or order.archived_at)
    ]
    days = sorted(order.placed_at.astimezone(customer.workspace.tzinfo).date() for order in orders)
    return {
        "orders_count": len(orders),
        "purchase_days": len(set(days)),
        "units": sum(line.quantity for order in orders for line in order.lines.all()),
        "spent_minor": sum(
            order.value_minor - sum(refund.value_minor for refund in order.refunds.all()) for order in orders
        ),
        "first_order_on": days[0] if days else None,
        "last_order_on": days[-1] if days else None,
    }


def facts(customer: Customer) -> Mapping[str, object]:
    return Facts.objects.values(
        "orders_count", "purchase_days", "units", "spent_minor", "first_order_on", "last_order_on"
    ).get(customer=customer)


class History:
    """A random life of a shop."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.customers = [CustomerFactory() for _ in range(4)]
        self.merges: list[tuple[Customer, Customer, dict[type, list[int]]]] = []

    def step(self) -> None:
        steps = (
            [self.place] * 4
            + [self.refund] * 3
            + [self.edit, self.cancel, self.archive, self.restore, self.reinstate, self.merge]
        )
        # A history also tries what is refused, such as giving back more than was paid: nothing may change by it.
        with suppress(Refused):
            self.random.choice([*steps, self.undo_merge])()

    def lines(self) -> list[NewLine]:
        return [
            NewLine(
                description="Loaf", quantity=self.random.randint(1, 4), unit_price_minor=self.random.randint(0, 999)
            )
            for _ in range(self.random.randint(1, 3))
        ]

    def instant(self) -> datetime:
        return OPENING + timedelta(hours=self.random.randint(0, 24 * 12))

    def order(self) -> Order | None:
        orders = list(Order.objects.order_by("pk"))
        return self.random.choice(orders) if orders else None

    def place(self) -> None:
        foreign = self.random.random() < 0.3
        place_order(
            customer=self.random.choice([*self.customers, None]),
            placed_at=self.instant(),
            lines=self.lines(),
            currency="USD" if foreign else None,
            rate_micros=913_777 if foreign else None,
        )

    def refund(self) -> None:
        if order := self.order():
            refund_order(order, amount_minor=self.random.randint(1, max(order.total_minor, 1)))

    def edit(self) -> None:
        if order := self.order():
            if self.random.random() < 0.5:
                edit_order(order, customer=self.random.choice(self.customers), placed_at=self.instant())
            else:
                edit_order(order, lines=self.lines())

    def cancel(self) -> None:
        if order := self.order():
            cancel_order(order)

    def archive(self) -> None:
        if order := self.order():
            archive_order(order)

    def restore(self) -> None:
        if order := Order.objects.exclude(archived_at=None).first():
            restore_order(order)

    def reinstate(self) -> None:
        if order := Order.objects.filter(archived_at=None).exclude(cancelled_at=None).first():
            reinstate_order(order)

    def merge(self) -> None:
        standing = [customer for customer in self.customers if not customer.merged_into_id]
        if len(standing) < 2:
            return
        survivor, absorbed = self.random.sample(standing, 2)
        moved = {each.model: each.move(absorbed=absorbed, survivor=survivor) for each in personal_data()}
        absorbed.merged_into = survivor
        absorbed.save()
        record(CustomersMerged(customer_id=survivor.pk, absorbed_id=absorbed.pk, merge_id=1))
        self.merges.append((survivor, absorbed, moved))

    def undo_merge(self) -> None:
        if not self.merges:
            return
        survivor, absorbed, moved = self.merges.pop()
        absorbed.merged_into = None
        absorbed.save()
        for each in personal_data():
            each.move_back(moved[each.model], absorbed=absorbed)
        record(MergeUndone(customer_id=survivor.pk, absorbed_id=absorbed.pk, merge_id=1))


@pytest.mark.parametrize("seed", range(6))
def test_facts_equal_the_raw_rows_after_any_history(workspace: Workspace, drained: Drained, seed: int) -> None:
    history = History(seed)

    for _ in range(8):
        with drained():
            for _ in range(8):
                history.step()

        assert DeadLetter.objects.count() == 0
        known = [customer for customer in history.customers if Facts.objects.filter(customer=customer).exists()]
        assert {customer.pk: facts(customer) for customer in known} == {
            customer.pk: counted(customer) for customer in known
        }
        assert [customer.orders.count() for customer in history.customers if customer not in known] == [0] * (
            len(history.customers) - len(known)
        )


def test_facts_count_orders_of_one_day_as_one_purchase_day(workspace: Workspace, drained: Drained) -> None:
    customer = CustomerFactory()

    with drained():
        for hour in (7, 12, 23):
            place_order(
                customer=customer,
                placed_at=datetime(2026, 3, 2, hour, 30, tzinfo=UTC),
                lines=[NewLine(description="Rye", unit_price_minor=100)],
            )

    # 23:30 in London is half past midnight in Berlin, where the bakery stands.
    row = facts(customer)
    assert (row["orders_count"], row["purchase_days"], row["spent_minor"]) == (3, 2, 300)


def test_recount_purchases_writes_a_batch_in_one_statement(
    workspace: Workspace, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    customers = [OrderFactory().customer.pk for _ in range(3)]

    for batch in (customers[:1], customers):
        with django_assert_num_queries(3):  # the savepoint, the statement, its release
            assert recount_purchases(batch) == len(batch)


def test_recount_purchases_keeps_to_its_workspace(workspace: Workspace, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = OrderFactory().customer

    assert recount_purchases([theirs.pk]) == 0

    with workspace_scope(other_workspace):
        assert not Facts.objects.filter(orders_count__gt=0).exists()


def viewed(customer: Customer, at: datetime) -> PageViewed:
    view = PageView.objects.create(customer=customer, message_id=f"m-{at:%d%H}", path="/", viewed_at=at)
    return PageViewed(customer_id=customer.pk, page_view_id=view.pk, occurred_at=at)


def test_last_visit_is_the_latest_one_however_late_news_of_others_come(workspace: Workspace, drained: Drained) -> None:
    customer, other = CustomerFactory(), CustomerFactory()
    latest = OPENING + timedelta(days=3)

    with drained():
        record_many([viewed(customer, latest), viewed(other, OPENING)])
    with drained():
        record(viewed(customer, OPENING + timedelta(days=1)))

    visits = dict(Facts.objects.values_list("customer", "last_visit_at"))
    assert visits == {customer.pk: latest, other.pk: OPENING}

    later = latest + timedelta(hours=1)
    view = ProductView.objects.create(customer=customer, message_id="p", sku="RYE", viewed_at=later)
    with drained():
        record(ProductViewed(customer_id=customer.pk, product_view_id=view.pk, occurred_at=later))
    assert Facts.objects.get(customer=customer).last_visit_at == later


def test_last_visit_follows_a_merge(workspace: Workspace, drained: Drained) -> None:
    survivor, absorbed = CustomerFactory(), CustomerFactory()
    with drained():
        record(viewed(absorbed, OPENING))

    with drained():
        for each in personal_data():
            each.move(absorbed=absorbed, survivor=survivor)
        record(CustomersMerged(customer_id=survivor.pk, absorbed_id=absorbed.pk, merge_id=1))

    visits = dict(Facts.objects.values_list("customer", "last_visit_at"))
    assert visits == {survivor.pk: OPENING, absorbed.pk: None}
