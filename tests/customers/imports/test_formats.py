from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from customers.importing.formats import (
    DayOrder,
    DecimalSign,
    guess_day_order,
    guess_decimal_sign,
    parse_day,
    parse_flag,
    parse_instant,
    parse_number,
    parse_whole,
)
from customers.refusals import ValueRefused

BERLIN = ZoneInfo("Europe/Berlin")
DMY, MDY = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST
POINT, COMMA = DecimalSign.POINT, DecimalSign.COMMA


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["01/02/2026", "13/02/2026"], DMY),
        (["01/02/2026", "02/13/2026"], MDY),
        (["1.2.2026 14:30", "31.1.26"], DMY),
        (["01/02/2026", "03/04/2026"], None),
        (["01/01/2026", "02/02/2026"], DMY),
        (["2026-02-01", "2026-12-31"], DMY),
        ([], DMY),
        (["yesterday"], DMY),
    ],
)
def test_the_order_of_days_is_told_by_the_data_or_asked_for(values: list[str], order: DayOrder | None) -> None:
    assert guess_day_order(values) == order


@pytest.mark.parametrize(
    ("value", "order", "day"),
    [
        ("2026-03-12", MDY, date(2026, 3, 12)),
        ("2026-03-12T23:30:00Z", DMY, date(2026, 3, 12)),
        ("12.3.2026", DMY, date(2026, 3, 12)),
        ("3/12/2026", MDY, date(2026, 3, 12)),
        ("12/3/97", DMY, date(1997, 3, 12)),
        ("12/3/26", DMY, date(2026, 3, 12)),
        ("2026/3/12", MDY, date(2026, 3, 12)),
        ("20260312", DMY, date(2026, 3, 12)),
        (" 29.02.2024 08:15 ", DMY, date(2024, 2, 29)),
    ],
)
def test_days(value: str, order: DayOrder, day: date) -> None:
    assert parse_day(value, order=order, field="day") == day


@pytest.mark.parametrize(
    "value", ["2026-02-30", "31.4.2026", "13/13/2026", "soon", "0000-00-00", "45000.5", "1.2", "2026"]
)
def test_days_in_no_calendar_are_refused(value: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        parse_day(value, order=DMY, field="day")
    assert refusal.value.field == "day"


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-03-02", datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
        ("2026-07-02 09:30", datetime(2026, 7, 2, 7, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:15Z", datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)),
        ("2026-03-02 09:30:00 +0200", datetime(2026, 3, 2, 7, 30, tzinfo=UTC)),
        ("2.3.2026 9:30", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
        ("2.3.2026 12:05 AM", datetime(2026, 3, 1, 23, 5, tzinfo=UTC)),
        ("2.3.2026, 9:30 p.m.", datetime(2026, 3, 2, 20, 30, tzinfo=UTC)),
    ],
)
def test_instants_are_the_workspace_s_clock_unless_they_say_otherwise(value: str, instant: datetime) -> None:
    assert parse_instant(value, order=DMY, zone=BERLIN, field="at") == instant


@pytest.mark.parametrize("value", ["2.3.2026 25:00", "2.3.2026 12:61", "30.2.2026 12:00"])
def test_instants_on_no_clock_are_refused(value: str) -> None:
    with pytest.raises(ValueRefused):
        parse_instant(value, order=DMY, zone=BERLIN, field="at")


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        (["1,234.56"], POINT),
        (["1.234,56"], COMMA),
        (["12,5"], COMMA),
        (["12.5"], POINT),
        (["1,234", "1,5"], COMMA),
        (["1,234"], POINT),
        (["12", ""], POINT),
        (["12,50 €"], COMMA),
    ],
)
def test_the_decimal_sign_is_told_by_the_data(values: list[str], sign: DecimalSign) -> None:
    assert guess_decimal_sign(values) == sign


@pytest.mark.parametrize(
    ("value", "sign", "number"),
    [
        ("29.33", POINT, "29.33"),
        ("1,234.56", POINT, "1234.56"),
        ("1.234,56 €", COMMA, "1234.56"),
        ("€ 1 234,56", COMMA, "1234.56"),
        ("EUR 12", POINT, "12"),
        ("12.00 USD", POINT, "12.00"),
        ("US$12.00", POINT, "12.00"),
        ("1'234.50", POINT, "1234.50"),
        ("1\u202f234,5", COMMA, "1234.5"),
        ("(12.00)", POINT, "-12.00"),
        ("-12,00", COMMA, "-12.00"),
        ("\u221212.00", POINT, "-12.00"),
        (".5", POINT, "0.5"),
        ("12,34,567", POINT, None),
        ("1,23", POINT, None),
        ("1.23", COMMA, None),
        ("1.234.567", POINT, None),
        ("twelve", POINT, None),
        ("1e5", POINT, None),
        ("=1+1", POINT, None),
        ("12.", POINT, None),
        ("NaN", POINT, None),
    ],
)
def test_numbers_are_read_or_refused_and_never_guessed(value: str, sign: DecimalSign, number: str | None) -> None:
    if number is None:
        with pytest.raises(ValueRefused):
            parse_number(value, sign=sign, field="total")
    else:
        assert parse_number(value, sign=sign, field="total") == Decimal(number)


def test_whole_numbers_are_whole() -> None:
    assert parse_whole("3.00", sign=POINT, field="units") == 3
    with pytest.raises(ValueRefused):
        parse_whole("3.5", sign=POINT, field="units")


@pytest.mark.parametrize(
    ("value", "flag"),
    [("Yes", True), ("ja", True), ("1", True), ("NO", False), ("nein", False), ("0", False), (" ", None)],
)
def test_yes_and_no_in_many_languages(value: str, flag: bool | None) -> None:  # noqa: FBT001  a parameter
    assert parse_flag(value, field="news") is flag


def test_perhaps_is_neither() -> None:
    with pytest.raises(ValueRefused, match="perhaps"):
        parse_flag("perhaps", field="news")
