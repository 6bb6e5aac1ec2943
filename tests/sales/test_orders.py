from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from customers.refusals import CustomerGone, Refused, ValueRefused
from sales.actions import (
    NewLine,
    archive_order,
    cancel_order,
    edit_order,
    fulfil_order,
    pay_order,
    place_order,
    reinstate_order,
    restore_order,
    update_cart,
)
from sales.models import Cart, Order, OrderLine
from sales.refusals import (
    AmountRefused,
    CurrencyUnknown,
    DateRefused,
    LineRefused,
    NumberTaken,
    OrderClosed,
    RateRequired,
)
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TWO_LOAVES = (NewLine(description="Rye", quantity=2, unit_price_minor=450),)


def placed(**given: Any) -> Order:
    return place_order(**{"customer": None, "placed_at": MORNING, "lines": TWO_LOAVES} | given)


def told() -> list[tuple[str, int | None]]:
    return list(Event.objects.order_by("pk").values_list("kind", "customer_id"))


def test_place_order_sums_its_lines_less_the_discount() -> None:
    customer = CustomerFactory()
    rye = ProductFactory(name="Rye", price_minor=450)
    lines = [NewLine(product=rye, quantity=2), NewLine(description="Coffee", unit_price_minor=280)]

    order = placed(customer=customer, number="A-1", channel="shop", lines=lines, discount_minor=80)

    order.refresh_from_db()
    assert (order.total_minor, order.value_minor, order.units, order.currency) == (1100, 1100, 3, "EUR")
    assert (order.paid_at, order.placed_on) == (MORNING, date(2026, 3, 2))
    rows = order.lines.order_by("position").values_list("position", "product", "description", "quantity", "total_minor")
    assert list(rows) == [(1, rye.pk, "Rye", 2, 900), (2, None, "Coffee", 1, 280)]
    assert told() == [("OrderPlaced", customer.pk), ("OrderPaid", customer.pk)]
    assert Event.objects.filter(kind="OrderPlaced", occurred_at=MORNING).get().payload == {
        "order_id": order.pk,
        "value_minor": 1100,
    }


def test_place_order_counts_the_day_in_the_workspace_zone() -> None:
    order = placed(placed_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))

    assert order.placed_on == date(2026, 3, 2)


def test_place_order_unpaid_waits_for_its_payment() -> None:
    order = placed(paid=False)
    assert order.paid_at is None

    for _ in range(2):
        pay_order(order)

    assert [kind for kind, _ in told()] == ["OrderPlaced", "OrderPaid"]


def test_place_order_takes_a_line_total_that_is_not_quantity_times_price() -> None:
    order = placed(lines=[NewLine(description="CD", quantity=3, total_minor=2500)])

    line = OrderLine.objects.get()
    assert (order.total_minor, line.total_minor, line.unit_price_minor) == (2500, 2500, 833)


@pytest.mark.parametrize(
    ("currency", "rate_micros", "amount", "value"),
    [
        ("USD", 920_000, 1000, 920),
        ("JPY", 6_123, 1000, 612),
        ("KWD", 3_000_000, 1001, 300),
        ("EUR", None, 1000, 1000),
        ("usd", 500_000, 1, 1),
    ],
)
def test_place_order_keeps_its_currency_and_knows_its_worth(
    currency: str, rate_micros: int | None, amount: int, value: int
) -> None:
    lines = [NewLine(description="Tin", unit_price_minor=amount)]

    order = placed(currency=currency, rate_micros=rate_micros, lines=lines)

    assert (order.currency, order.total_minor, order.value_minor) == (currency.upper(), amount, value)


def test_place_order_numbers_those_without_a_number_by_day() -> None:
    placed(number="260302-2")

    numbers = [placed().number for _ in range(2)]

    assert numbers == ["260302-3", "260302-4"]


def test_place_order_gives_it_to_whoever_a_merge_left_standing() -> None:
    survivor = CustomerFactory()
    between = CustomerFactory(merged_into=survivor)
    absorbed = CustomerFactory(merged_into=between)

    assert placed(customer=absorbed).customer == survivor


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"lines": []}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", quantity=0, unit_price_minor=1)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", quantity=-1, unit_price_minor=1)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", unit_price_minor=-1)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", total_minor=-1)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye")]}, LineRefused, "lines"),
        ({"lines": [NewLine(unit_price_minor=100)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="x" * 1_000_000, unit_price_minor=1)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", unit_price_minor=10**12, quantity=2)]}, LineRefused, "lines"),
        ({"lines": [NewLine(description="Rye", unit_price_minor=10**12)] * 2}, AmountRefused, "lines"),
        ({"lines": TWO_LOAVES * 501}, LineRefused, "lines"),
        ({"discount_minor": -1}, AmountRefused, "discount_minor"),
        ({"discount_minor": 901}, AmountRefused, "discount_minor"),
        ({"currency": "EURO"}, CurrencyUnknown, "currency"),
        ({"currency": "XXX"}, CurrencyUnknown, "currency"),
        ({"currency": "USD"}, RateRequired, "rate_micros"),
        ({"currency": "USD", "rate_micros": 0}, RateRequired, "rate_micros"),
        ({"currency": "USD", "rate_micros": 10**13}, RateRequired, "rate_micros"),
        ({"currency": "EUR", "rate_micros": 2_000_000}, RateRequired, "rate_micros"),
        (
            {
                "currency": "USD",
                "rate_micros": 10**12,
                "lines": [NewLine(description="Gold", unit_price_minor=10**12)],
            },
            AmountRefused,
            "rate_micros",
        ),
        ({"placed_at": datetime(1, 1, 1, tzinfo=UTC)}, DateRefused, "placed_at"),
        ({"placed_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, DateRefused, "placed_at"),
        ({"number": "9" * 121}, ValueRefused, "number"),
        ({"channel": "c" * 61}, ValueRefused, "channel"),
        ({"source": ""}, ValueRefused, "source"),
    ],
)
def test_place_order_refuses_what_no_shop_can_have_meant(
    given: dict[str, Any], refusal: type[Refused], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        placed(**given)

    assert refused.value.field == field
    assert Order.objects.count() == OrderLine.objects.count() == Event.objects.count() == 0


def test_place_order_tidies_what_was_typed() -> None:
    lines = [NewLine(description=" Rye\x00 \n  loaf ", unit_price_minor=1)]

    order = placed(number=" A-1\t", channel="web\x00", lines=lines)

    order.refresh_from_db()
    assert (order.number, order.channel, order.lines.get().description) == ("A-1", "web", "Rye loaf")


def test_place_order_says_which_line_is_wrong() -> None:
    lines = [*TWO_LOAVES, NewLine(description="Rye", quantity=0, unit_price_minor=1)]

    with pytest.raises(LineRefused, match=r"^Line 2: The quantity must be between 1 and 1,000,000\.$") as refused:
        placed(lines=lines)

    assert refused.value.position == 2


def test_place_order_refuses_a_number_twice_within_a_source_and_a_workspace(other_workspace: Workspace) -> None:
    placed(number="A-1")
    placed(number="A-1", source="till")

    with pytest.raises(NumberTaken, match="There is already an order “A-1” from manual"):
        placed(number="A-1")

    assert Order.objects.count() == 2
    with workspace_scope(other_workspace):
        assert placed(number="A-1").number == "A-1"


def test_place_order_refuses_an_erased_customer() -> None:
    erased = CustomerFactory(erased_at=MORNING)

    with pytest.raises(CustomerGone):
        placed(customer=erased)


def test_place_order_closes_the_cart_that_it_came_from() -> None:
    customer = CustomerFactory()
    cart = update_cart(key="c-1", customer=customer, lines=TWO_LOAVES, touched_at=MORNING)

    order = placed(customer=customer, cart_key="c-1")

    cart.refresh_from_db()
    assert (cart.order, cart.ordered_at) == (order, MORNING)
    assert ("CartOrdered", customer.pk) in told()


def test_place_order_leaves_somebody_elses_cart_alone() -> None:
    cart = update_cart(key="c-1", customer=CustomerFactory(), lines=TWO_LOAVES)

    placed(customer=CustomerFactory(), cart_key="c-1")
    placed(customer=None, cart_key="c-2")

    assert Cart.objects.open().get() == cart


def test_edit_order_changes_what_is_named_and_nothing_else() -> None:
    order = placed(number="A-1", channel="shop", discount_minor=100)

    edit_order(order, channel="web")

    order.refresh_from_db()
    assert (order.number, order.channel, order.total_minor) == ("A-1", "web", 800)
    assert told()[2:] == [("OrderChanged", None)]


def test_edit_order_replaces_the_lines_and_sums_them_anew() -> None:
    order = placed()

    order = edit_order(order, lines=[NewLine(description="Bun", quantity=5, unit_price_minor=100)], discount_minor=50)

    assert (order.total_minor, order.value_minor, order.units) == (450, 450, 5)
    assert [str(line) for line in order.lines.all()] == ["5 x Bun"]


def test_edit_order_moves_it_and_tells_both_customers() -> None:
    before, after = CustomerFactory(), CustomerFactory()
    order = placed(customer=before)

    edit_order(order, customer=after, placed_at=datetime(2026, 3, 5, 12, tzinfo=UTC))

    order.refresh_from_db()
    assert (order.customer, order.placed_on) == (after, date(2026, 3, 5))
    assert sorted(told()[2:]) == [("OrderChanged", before.pk), ("OrderChanged", after.pk)]


def test_edit_order_needs_a_new_rate_for_a_new_currency() -> None:
    order = placed(currency="USD", rate_micros=900_000)

    with pytest.raises(RateRequired):
        edit_order(order, currency="GBP")

    assert edit_order(order, currency="GBP", rate_micros=1_200_000).value_minor == 1080
    assert edit_order(order, currency="EUR").value_minor == 900


@pytest.mark.parametrize("close", [cancel_order, archive_order])
def test_edit_order_refuses_what_is_closed(close: Any) -> None:
    order = placed()
    close(order)

    with pytest.raises(OrderClosed):
        edit_order(order, channel="web")
    with pytest.raises(OrderClosed):
        fulfil_order(order)
    with pytest.raises(OrderClosed):
        pay_order(order)

    order.refresh_from_db()
    assert (order.channel, order.fulfilled_at) == ("", None)


def test_fulfil_and_cancel_order_happen_once() -> None:
    order = placed(customer=CustomerFactory())

    for _ in range(2):
        fulfil_order(order)
    for _ in range(2):
        cancel_order(order)

    assert [kind for kind, _ in told()[2:]] == ["OrderFulfilled", "OrderCancelled"]
    assert Order.objects.counted().count() == 0


def test_archive_order_can_be_undone_and_is_told_once() -> None:
    order = placed()

    for _ in range(2):
        archive_order(order)
    assert Order.objects.counted().count() == 0
    for _ in range(2):
        restore_order(order)

    assert Order.objects.counted().get() == order
    assert [kind for kind, _ in told()[2:]] == ["OrderArchived", "OrderRestored"]


def test_reinstate_order_takes_a_cancelling_back_once() -> None:
    order = cancel_order(placed(customer=CustomerFactory()))

    for _ in range(2):
        order = reinstate_order(order)

    assert Order.objects.counted().get() == order
    assert [kind for kind, _ in told()[2:]] == ["OrderCancelled", "OrderRestored"]
    assert edit_order(order, channel="web").channel == "web"


def test_reinstate_order_refuses_an_archived_one() -> None:
    order = archive_order(cancel_order(placed()))

    with pytest.raises(OrderClosed, match="Restore it first"):
        reinstate_order(order)


def test_cancel_order_refuses_an_archived_one() -> None:
    order = archive_order(placed())

    with pytest.raises(OrderClosed, match="archived"):
        cancel_order(order)


@pytest.mark.parametrize("act", ["pay", "fulfil", "cancel"])
def test_order_steps_refuse_impossible_times(act: str) -> None:
    order = placed(paid=False)
    never = datetime(9999, 1, 1, tzinfo=UTC)

    with pytest.raises(DateRefused):
        {
            "pay": lambda: pay_order(order, paid_at=never),
            "fulfil": lambda: fulfil_order(order, fulfilled_at=never),
            "cancel": lambda: cancel_order(order, cancelled_at=never),
        }[act]()


def test_place_order_stands_in_its_own_workspace_only(other_workspace: Workspace) -> None:
    placed(customer=CustomerFactory())

    with workspace_scope(other_workspace):
        assert (Order.objects.count(), OrderLine.objects.count(), Customer.objects.count()) == (0, 0, 0)


@time_machine.travel(MORNING, tick=False)
def test_place_order_accepts_a_clock_that_is_ahead_by_hours() -> None:
    assert placed(placed_at=datetime(2026, 3, 3, 8, tzinfo=UTC)).placed_on == date(2026, 3, 3)
