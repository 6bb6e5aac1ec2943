from __future__ import annotations

import pytest
from django.utils import translation

from customers.refusals import ValueRefused
from sales.money import is_currency, parse_amount, parse_rate, typed, worth, written


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12,50", "EUR", 1250),
        ("12,5", "EUR", 1250),
        ("12", "EUR", 1200),
        ("0", "EUR", 0),
        (" € 1.234,50 ", "EUR", 123450),
        ("1,234.50 EUR", "EUR", 123450),
        ("1 234,50", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("1.234.567", "EUR", 123456700),
        ("1,234,567.8", "EUR", 123456780),
        ("1250", "JPY", 1250),
        ("¥1,250", "JPY", 1250),
        ("1.250", "KWD", 1250),
        ("1,250.500", "KWD", 1250500),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("1.250", "EUR", "1.250 can be read in two ways: write 1250 or 1.25."),
        ("12,505", "EUR", "12,505 can be read in two ways: write 12505 or 12.50."),
        ("-5", "EUR", "An amount can't be negative."),
        ("\u22125", "EUR", "An amount can't be negative."),
        ("", "EUR", "Write an amount in EUR, such as 12.50."),
        ("0.125", "EUR", "Write an amount in EUR, such as 12.50."),
        ("1,2,3", "EUR", "Write an amount in EUR, such as 12.50."),
        ("1.2,3.4", "EUR", "Write an amount in EUR, such as 12.50."),
        ("1e3", "EUR", "Write an amount in EUR, such as 12.50."),
        ("\u0661\u0662", "EUR", "Write an amount in EUR, such as 12.50."),
        ("9" * 1_000_000, "EUR", "Write an amount in EUR, such as 12.50."),
        ("12 USD", "EUR", "Write an amount in EUR, such as 12.50."),
        ("12.5", "JPY", "Write an amount in JPY, such as 1250."),
        ("1.2505", "KWD", "Write an amount in KWD, such as 1.250."),
    ],
)
def test_an_amount_that_may_mean_something_else_is_refused(text: str, currency: str, reason: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_amount(text, currency)

    assert str(refused.value) == reason


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF", "DEM"])
@pytest.mark.parametrize("minor", [0, 1, 99, 100, 123456, 10**12])
def test_what_is_typed_reads_back(minor: int, currency: str) -> None:
    assert parse_amount(typed(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "micros"), [("0,92", 920_000), ("1.2", 1_200_000), (" 3 ", 3_000_000), ("0.000001", 1)]
)
def test_rates_are_read_as_people_write_them(text: str, micros: int) -> None:
    assert parse_rate(text) == micros


@pytest.mark.parametrize("text", ["", "-1", "1.2345678", "1,000.5", "many", "9" * 50])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused, match=r"^Write a rate such as 0\.92"):
        parse_rate(text)


def test_an_amount_is_written_for_its_reader() -> None:
    with translation.override("en"):
        assert (written(123450, "EUR"), written(1250, "JPY")) == ("€1,234.50", "¥1,250")
    with translation.override("de"):
        assert written(123450, "EUR") == "1.234,50\xa0€"


def test_half_a_cent_is_rounded_up() -> None:
    assert [worth(minor, currency="USD", rate_micros=500_000, in_currency="EUR") for minor in (1, 2, 3)] == [1, 1, 2]


@pytest.mark.parametrize(("code", "known"), [("EUR", True), ("DEM", True), ("eur", False), ("XXX", False), ("", False)])
def test_currencies_are_known_by_their_code(code: str, known: bool) -> None:  # noqa: FBT001  a case, given by name
    assert is_currency(code) is known
