from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from customers.importing.formats import DecimalSign
from customers.models import Customer
from sales.models import Order, OrderLine, Product
from tests.customers.imports.files import counts, imported, plan, planned, reasons, uploaded
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def orders(*lines: str, **changes: Any) -> Any:
    return imported(*lines, kind="orders", **changes)


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Order,Date,Customer,Total", ["number", "placed_at", "customer_external_id", "total"]),
        ("Bestellnummer;Bestelldatum;E-Mail;Gesamtbetrag;Währung", ["number", "placed_at", "customer_email", "total",
         "currency"]),
        ("order_number,created_at,lineitem_name,lineitem_quantity,lineitem_price", ["number", "placed_at", "product",
         "quantity", "price"]),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(header: str, fields: list[str]) -> None:
    delimiter = ";" if ";" in header else ","

    assert plan(uploaded(header, delimiter.join("x" for _ in fields), kind="orders")).fields == fields


def test_a_file_of_orders_becomes_orders() -> None:
    ann = CustomerFactory(email="ann@mail.example")
    source = orders(
        "Order;Date;E-mail;Total;Units;Channel;Discount;Refunded",
        "A-1;31.01.2026 14:30;Ann@mail.example;1.234,50 €;3;till;5,00;34,50",
        "A-2;01.02.2026;new@mail.example;12,00;1;;;",
    )

    first, second = Order.objects.order_by("number")
    assert counts(source) == (2, 0, 0, 0)
    assert (first.customer, first.total_minor, first.units, first.channel) == (ann, 123450, 3, "till")
    assert (first.discount_minor, first.refunded_minor) == (500, 3450)
    assert first.placed_at == first.paid_at == datetime(2026, 1, 31, 13, 30, tzinfo=UTC)
    assert second.customer == Customer.objects.get(email="new@mail.example")
    assert second.placed_at == datetime(2026, 1, 31, 23, tzinfo=UTC)


def test_lines_with_one_number_are_one_order() -> None:
    lines = [
        "Order,Date,Customer,SKU,Product,Quantity,Price,Discount",
        "A-1,2026-01-31,7,RYE,Rye,2,4.50,1.00",
        "A-1,2026-01-31,7,BUN,Bun,5,0.70,",
        "A-2,2026-02-01,8,RYE,Rye,1,4.50,",
    ]

    source = orders(*lines)
    again = orders(*lines)

    assert (counts(source), source.rows_read) == ((2, 0, 0, 0), 4 - 1)
    assert counts(again) == (0, 0, 2, 0)
    first = Order.objects.get(number="A-1")
    assert (first.total_minor, first.units, first.discount_minor) == (1150, 7, 100)
    assert list(OrderLine.objects.filter(order=first).values_list("product__sku", "quantity")) == [
        ("RYE", 2),
        ("BUN", 5),
    ]
    assert Product.objects.count() == 2


def test_an_order_with_one_bad_line_is_refused_as_a_whole() -> None:
    source = orders(
        "Order,Date,Product,Quantity,Price",
        "A-1,2026-01-31,Rye,2,4.50",
        "A-1,2026-01-31,Bun,some,0.70",
        "A-2,2026-01-31,Rye,1,4.50",
    )

    assert counts(source) == (1, 0, 0, 2)
    assert reasons(source) == [
        (2, "", "Line 3, which belongs to it, was refused."),
        (3, "Quantity", "“some” is no number with “.” before its decimals."),
    ]


def test_an_order_that_comes_again_further_down_is_refused_there() -> None:
    source = orders(
        "Order,Date,Product,Price",
        "A-1,2026-01-31,Rye,4.50",
        "A-2,2026-01-31,Rye,4.50",
        "A-1,2026-01-31,Bun,0.70",
    )

    assert counts(source) == (2, 0, 0, 1)
    assert reasons(source)[0][0] == 4
    assert OrderLine.objects.count() == 2


def test_without_numbers_each_line_is_an_order_also_a_second_time() -> None:
    lines = ("Date,Customer,Total", "2026-01-31,7,4.50", "2026-01-31,7,4.50", "2026-01-31,7,3.00")

    source = orders(*lines)
    again = orders(*lines)
    other = orders(*lines, "2026-02-01,7,3.00")

    assert (counts(source), source.rows_warned) == ((3, 0, 0, 0), 1)
    assert [line for line, _, _ in reasons(source)] == [3]
    assert (counts(again), again.rows_warned) == ((0, 0, 3, 0), 1)
    assert other.rows_created == 4
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("A-1,2026-01-31,-4.50,EUR,1", "Total"),
        ("A-1,2026-01-31,4.505,EUR,1", "Total"),
        ("A-1,2026-01-31,4.50,XYZ,1", "Currency"),
        ("A-1,2026-01-31,4.50,CHF,1", ""),
        ("A-1,2026-02-30,4.50,EUR,1", "Date"),
        ("A-1,2999-01-01,4.50,EUR,1", "Date"),
        ("A-1,1812-01-01,4.50,EUR,1", "Date"),
        ("A-1,,4.50,EUR,1", "Date"),
        (",2026-01-31,4.50,EUR,1", "Order"),
        ("A-1,2026-01-31,,EUR,1", "Total"),
        ("A-1,2026-01-31,4.50,EUR,1.5", "Units"),
        ("A-1,2026-01-31,4.50,EUR,-1", "Units"),
        ("A-1,2026-01-31,999999999999999,EUR,1", "Total"),
    ],
)
def test_what_no_order_can_be_is_refused_with_its_column_before_it_starts(line: str, column: str) -> None:
    source = planned(uploaded("Order,Date,Total,Currency,Units", line, "A-9,2026-01-31,4.50,EUR,1", kind="orders"))

    assert source.rows_refused == 1
    assert [(at, where) for at, where, _ in reasons(source)] == [(2, column)]


def test_other_currencies_take_the_rate_of_the_plan_or_of_their_line() -> None:
    orders(
        "Order,Date,Total,Currency",
        "A-1,2026-01-31,10.00,USD",
        "A-2,2026-01-31,1000,JPY",
        rates={"USD": 900_000, "JPY": 6_000},
    )
    orders("Order,Date,Total,Rate", "B-1,2026-01-31,10.00,1.05", currency="CHF")

    worth = dict(Order.objects.values_list("number", "value_minor"))
    assert worth == {"A-1": 900, "A-2": 600, "B-1": 1050}


def test_customers_who_are_not_known_can_be_refused() -> None:
    source = orders("Order,Date,Customer,Total", "A-1,2026-01-31,7,4.50", adds_customers=False)

    assert counts(source) == (0, 0, 0, 1)
    assert (Customer.objects.count(), Order.objects.count()) == (0, 0)


def test_numbers_and_customers_of_another_system_are_others() -> None:
    lines = ("Order,Date,Customer,Total", "A-1,2026-01-31,7,4.50")
    orders(*lines)
    orders(*lines, system="till")

    assert set(Order.objects.values_list("source", flat=True)) == {"shop", "till"}
    assert Customer.objects.count() == 2


def test_a_channel_for_the_whole_file_and_payment_that_is_still_open() -> None:
    orders("Order,Date,Total,Paid on", "A-1,2026-01-31,4.50,", "A-2,2026-01-31,4.50,2026-02-02", channel="market")

    first, second = Order.objects.order_by("number")
    assert (first.channel, first.paid_at) == ("market", None)
    assert second.paid_at is not None
    assert Event.objects.filter(kind="OrderPaid").count() == 1


def test_decimals_by_comma() -> None:
    orders("Order;Date;Total", "A-1;31.01.2026;1.000", "A-2;31.01.2026;7,5", decimal_sign=DecimalSign.COMMA)

    assert dict(Order.objects.values_list("number", "total_minor")) == {"A-1": 100000, "A-2": 750}
