from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer, ExternalId
from sales.actions import archive_order, edit_order
from sales.actions.upsert import MOST_ROWS, OrderLineRow, OrderRow, Outcome, Status, upsert_orders
from sales.models import Order, OrderLine, Product, Refund
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory, ProductFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEARLY_MIDNIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def row(number: str = "A-1", **fields: Any) -> OrderRow:
    given: dict[str, Any] = {"number": number, "placed_at": MORNING, "total_minor": 1250} | fields
    return OrderRow(**given)


def upsert(*rows: OrderRow, **options: Any) -> list[Outcome]:
    return upsert_orders(rows, **{"source": "import"} | options)


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


def events(*kinds: str) -> list[tuple[str, int | None, dict[str, Any]]]:
    found = Event.objects.filter(kind__in=kinds) if kinds else Event.objects.all()
    return list(found.order_by("pk").values_list("kind", "customer_id", "payload"))


def test_a_new_order_is_placed_and_paid_on_the_day_in_the_workspace_s_zone() -> None:
    ann = CustomerFactory()

    outcomes = upsert(
        row(
            customer_id=ann.pk,
            placed_at=NEARLY_MIDNIGHT,
            paid_at=NEARLY_MIDNIGHT,
            channel="web",
            units=3,
            discount_minor=50,
        )
    )

    order = Order.objects.get()
    assert outcomes == [Outcome(Status.CREATED, order.pk)]
    assert (order.customer, order.source, order.number, order.channel) == (ann, "shop", "A-1", "web")
    assert (order.placed_at, order.placed_on) == (NEARLY_MIDNIGHT, date(2026, 3, 3))
    assert (order.total_minor, order.value_minor, order.currency, order.units) == (1250, 1250, "EUR", 3)
    assert events() == [
        ("OrderPlaced", ann.pk, {"order_id": order.pk, "value_minor": 1250}),
        ("OrderPaid", ann.pk, {"order_id": order.pk}),
    ]
    assert set(Event.objects.values_list("occurred_at", flat=True)) == {NEARLY_MIDNIGHT}


def test_the_same_batch_twice_writes_nothing_the_second_time() -> None:
    batch = [
        row("A-1", customer_external_id="1", paid_at=MORNING, refunded_minor=100),
        row(
            "A-2",
            customer_email="a@mail.example",
            customer_email_norm="a@mail.example",
            currency="USD",
            rate_micros=900_000,
        ),
        row("A-3", customer_name="Ann", lines=[OrderLineRow(sku="RYE", name="Rye", quantity=2, unit_price_minor=625)]),
        row("A-4", fulfilled_at=MORNING, cancelled_at=MORNING, units=1),
    ]
    first = upsert(*batch)
    before = events(), list(Order.objects.order_by("pk").values())

    second = upsert(*batch)

    assert statuses(first) == ["created"] * 4
    assert second == [Outcome(Status.UNCHANGED, outcome.id) for outcome in first]
    assert (events(), list(Order.objects.order_by("pk").values())) == before
    assert (Customer.objects.count(), Refund.objects.count(), OrderLine.objects.count()) == (3, 1, 1)


def test_what_differs_is_changed_and_told() -> None:
    upsert(row(customer_external_id="1", channel="web", units=2))

    outcomes = upsert(row(customer_external_id="2", total_minor=900, paid_at=MORNING))

    order = Order.objects.get()
    assert outcomes == [Outcome(Status.UPDATED, order.pk)]
    assert (order.total_minor, order.value_minor, order.channel, order.units) == (900, 900, "web", 2)
    first, second = Customer.objects.order_by("pk").values_list("pk", flat=True)
    assert order.customer_id == second
    assert sorted(events("OrderChanged", "OrderPaid")) == [
        ("OrderChanged", first, {"order_id": order.pk, "has_moved": True, "other_customer_id": second}),
        ("OrderChanged", second, {"order_id": order.pk, "has_moved": True, "other_customer_id": first}),
        ("OrderPaid", second, {"order_id": order.pk}),
    ]


def test_a_stamp_alone_is_told_by_its_own_event() -> None:
    upsert(row())
    upsert(row(fulfilled_at=MORNING))
    upsert(row(fulfilled_at=MORNING + timedelta(hours=1)))

    assert [kind for kind, _, _ in events()] == ["OrderPlaced", "OrderFulfilled"]
    assert Order.objects.get().fulfilled_at == MORNING


def test_customers_are_found_by_id_then_external_id_then_address_then_name() -> None:
    by_id, by_external_id, by_address, by_name = (
        CustomerFactory(name=name) for name in ("One", "Two", "Three", "Four")
    )
    ExternalId.objects.create(customer=by_external_id, source="shop", value="2")
    address = {"customer_email": by_address.email, "customer_email_norm": by_address.email_norm}

    upsert(
        row("1", customer_id=by_id.pk, customer_external_id="2"),
        row("2", customer_external_id="2", **address),
        row("3", customer_name="Four", **address),
        row("4", customer_name="Four"),
        row("5"),
    )

    found = dict(Order.objects.values_list("number", "customer_id"))
    assert found == {"1": by_id.pk, "2": by_external_id.pk, "3": by_address.pk, "4": by_name.pk, "5": None}


def test_a_customer_nobody_knew_is_added_on_the_day_of_the_first_order() -> None:
    stranger = {
        "customer_external_id": "9",
        "customer_email": "N@mail.example",
        "customer_email_norm": "n@mail.example",
    }

    upsert(row("2", **stranger), row("1", placed_at=MORNING - timedelta(days=30), customer_name="New", **stranger))

    new = Customer.objects.get()
    assert (new.name, new.email, new.joined_on) == ("New", "N@mail.example", date(2026, 1, 31))
    assert new.external_ids.get().value == "9"
    assert new.orders.count() == 2
    assert [kind for kind, _, _ in events()] == ["CustomerJoined", "OrderPlaced", "OrderPlaced"]


def test_unknown_customers_can_be_refused_instead() -> None:
    outcomes = upsert(row(customer_external_id="9"), adds_customers=False)

    assert statuses(outcomes) == ["refused"]
    assert (Customer.objects.count(), Order.objects.count()) == (0, 0)


def test_a_name_that_several_have_is_no_customer() -> None:
    CustomerFactory.create_batch(2, name="Ann")

    assert upsert(row(customer_name="Ann"))[0].reason == "2 customers have this name: give an id or an address."


def test_a_merged_customer_s_order_goes_to_the_survivor_and_an_erased_one_s_nowhere() -> None:
    survivor = CustomerFactory()
    absorbed = CustomerFactory(merged_into=survivor)
    erased = CustomerFactory(erased_at=MORNING)

    outcomes = upsert(row("1", customer_id=absorbed.pk), row("2", customer_id=erased.pk))

    assert statuses(outcomes) == ["created", "refused"]
    assert Order.objects.get().customer == survivor


def test_lines_bring_their_products_and_are_replaced_as_a_whole() -> None:
    ProductFactory(sku="RYE", name="Rye bread")
    rye = OrderLineRow(sku="RYE", name="Rye", quantity=2, unit_price_minor=450)
    upsert(row(lines=[rye, OrderLineRow(sku="BUN", name="Bun", quantity=5, total_minor=350)]))

    lines = OrderLine.objects.order_by("position").values_list(
        "product__sku", "description", "quantity", "unit_price_minor", "total_minor"
    )
    assert list(lines) == [("RYE", "Rye", 2, 450, 900), ("BUN", "Bun", 5, 70, 350)]
    assert Order.objects.get().units == 7
    assert list(Product.objects.filter(sku="BUN").values_list("name", "price_minor")) == [("Bun", 70)]
    assert [kind for kind, _, _ in events("ProductAdded")] == ["ProductAdded"]

    upsert(row(lines=[rye]))

    assert list(lines.all()) == [("RYE", "Rye", 2, 450, 900)]
    assert Order.objects.get().units == 2
    assert len(events("OrderChanged")) == 1


def test_another_currency_is_worth_its_rate() -> None:
    upsert(row(total_minor=1001, currency="USD", rate_micros=900_000, refunded_minor=101))
    upsert(row(total_minor=1001, currency="USD", refunded_minor=101))

    order = Order.objects.get()
    assert (order.currency, order.rate_micros, order.total_minor, order.value_minor) == ("USD", 900_000, 1001, 901)
    assert (order.refunded_minor, order.refunded_value_minor) == (101, 91)


def test_a_growing_sum_of_refunds_is_several_refunds() -> None:
    upsert(row(refunded_minor=100))
    again = upsert(row(refunded_minor=250))
    less = upsert(row(refunded_minor=50))

    order = Order.objects.get()
    assert (statuses(again), statuses(less)) == (["updated"], ["unchanged"])
    assert less[0].warning
    assert list(order.refunds.order_by("pk").values_list("amount_minor", "value_minor")) == [(100, 100), (150, 150)]
    assert order.refunded_minor == 250
    told = [payload["value_minor"] for _, _, payload in events("OrderRefunded")]
    assert told == [100, 150]
    assert events("OrderChanged") == []


def test_a_closed_order_is_left_as_it_is() -> None:
    archive_order(OrderFactory(number="A-1", source="shop"))
    upsert(row("A-2", cancelled_at=MORNING))

    outcomes = upsert(row("A-1", total_minor=1), row("A-2", total_minor=1))

    assert statuses(outcomes) == ["unchanged", "unchanged"]
    assert [outcome.warning for outcome in outcomes] == [
        "This order is archived; it was left as it is.",
        "This order is cancelled; it was left as it is.",
    ]
    assert set(Order.objects.values_list("total_minor", flat=True)) == {1250}


def test_of_two_rows_with_one_number_the_last_wins() -> None:
    outcomes = upsert(row(total_minor=1), row(total_minor=2))

    assert statuses(outcomes) == ["repeated", "created"]
    assert outcomes[0].id == outcomes[1].id == Order.objects.get().pk
    assert Order.objects.get().total_minor == 2


def test_numbers_of_different_systems_are_different_orders() -> None:
    upsert(row())
    upsert(row(), system="till")

    assert set(Order.objects.values_list("source", flat=True)) == {"shop", "till"}


def test_another_workspace_s_rows_are_out_of_reach(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = OrderFactory(number="A-1", source="shop")
        ProductFactory(sku="RYE")

    outcomes = upsert(row(lines=[OrderLineRow(sku="RYE", total_minor=1)]), row("A-2", customer_id=theirs.customer_id))

    assert statuses(outcomes) == ["created", "refused"]
    assert Product.objects.count() == 1
    with workspace_scope(other_workspace):
        assert Order.objects.get().total_minor == theirs.total_minor


LINE = OrderLineRow(name="Rye", total_minor=1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "x" * 121}, "number"),
        ({"channel": "a\0b"}, "channel"),
        ({"total_minor": -1}, "total_minor"),
        ({"total_minor": 10**15}, "total_minor"),
        ({"discount_minor": -1}, "discount_minor"),
        ({"refunded_minor": 1251}, "refunded_minor"),
        ({"units": -1}, "units"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "USD"}, "rate_micros"),
        ({"currency": "EUR", "rate_micros": 2}, "rate_micros"),
        ({"placed_at": datetime(1812, 1, 1, tzinfo=UTC)}, "placed_at"),
        ({"placed_at": timezone.now() + timedelta(days=3)}, "placed_at"),
        ({"lines": [OrderLineRow(total_minor=1)]}, "lines"),
        ({"lines": [OrderLineRow(name="Rye")]}, "lines"),
        ({"lines": [OrderLineRow(name="Rye", quantity=0, total_minor=1)]}, "lines"),
        ({"lines": [OrderLineRow(name="Rye", unit_price_minor=-1)]}, "lines"),
        ({"lines": [OrderLineRow(name="x" * 201, total_minor=1)]}, "lines"),
        ({"lines": [LINE] * 501}, "lines"),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_the_others_are_not(fields: dict[str, Any], field: str) -> None:
    outcomes = upsert(row("1"), row(**{"number": "2"} | fields), row("3"))

    assert statuses(outcomes) == ["created", "refused", "created"]
    assert (outcomes[1].field, bool(outcomes[1].reason)) == (field, True)


def test_what_was_refunded_holds_currency_and_total() -> None:
    upsert(row(refunded_minor=1000))

    outcomes = upsert(row(currency="USD", rate_micros=1_000_000))
    too_low = upsert(row(total_minor=999))

    assert (outcomes[0].field, too_low[0].field) == ("currency", "refunded_minor")


def test_an_imported_order_without_lines_keeps_its_total_when_it_is_edited() -> None:
    upsert(row(discount_minor=100))

    edit_order(Order.objects.get(), channel="web")

    order = Order.objects.get()
    assert (order.total_minor, order.channel) == (1250, "web")


def test_an_empty_batch_and_one_that_is_too_long() -> None:
    assert upsert() == []
    with pytest.raises(ValueError, match="at most"):
        upsert_orders([row()] * (MOST_ROWS + 1), source="import")


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_statements_does_not_grow_with_the_batch(count: int, django_assert_num_queries: Any) -> None:
    upsert(row("warm", customer_external_id="w", lines=[OrderLineRow(sku="w", total_minor=1)], refunded_minor=1))
    batch = [
        row(str(n), customer_external_id=str(n), lines=[OrderLineRow(sku=str(n), total_minor=1)], refunded_minor=1)
        for n in range(count)
    ]

    with django_assert_num_queries(45):
        upsert(*batch)
