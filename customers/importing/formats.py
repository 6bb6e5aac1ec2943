"""How this file writes days and amounts: guessed from its own values, and read without mercy afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.refusals import ValueRefused


class DayOrder(StrEnum):
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class DecimalSign(StrEnum):
    POINT = "."
    COMMA = ","


_PARTS = re.compile(r"\s*(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:\D.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PIVOT = 69  # POSIX: 69 is 1969, 68 is 2068


def guess_day_order(values: Iterable[str]) -> DayOrder | None:
    """The only order in which all of them are days; None where both are possible, so somebody must be asked.

    With no value that could be read in two ways the order does not matter, and is the day first.
    """
    is_open = False
    for value in values:
        if not (found := _PARTS.fullmatch(value)) or len(found[1]) > 2:  # noqa: PLR2004  a year stands first
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:  # noqa: PLR2004  months
            return DayOrder.DAY_FIRST
        if second > 12 >= first:  # noqa: PLR2004  months
            return DayOrder.MONTH_FIRST
        is_open = is_open or first != second
    return None if is_open else DayOrder.DAY_FIRST


def parse_day(value: str, *, order: DayOrder, field: str) -> date:
    """`2026-03-12`, `12.3.2026`, `3/12/26`, `20260312`, or an instant's day as it is written. Raises ValueRefused."""
    text = value.strip()
    if _ISO_DAY.match(text):
        year, month, day = text[:4], text[5:7], text[8:10]
    elif found := _PARTS.fullmatch(text):
        year, month, day = _in_order(found[1], found[2], found[3], order)
    elif found := _COMPACT.fullmatch(text):
        year, month, day = found[1], found[2], found[3]
    else:
        raise ValueRefused(_("“%(text)s” is no date. Write it as 2026-03-12.") % {"text": text[:40]}, field=field)
    try:
        return date(_full_year(year), int(month), int(day))
    except ValueError as error:
        raise ValueRefused(_("There is no such day as “%(text)s”.") % {"text": text[:40]}, field=field) from error


def _in_order(first: str, second: str, third: str, order: DayOrder) -> tuple[str, str, str]:
    if len(first) > 2:  # noqa: PLR2004  a year stands first
        return first, second, third
    return (third, second, first) if order is DayOrder.DAY_FIRST else (third, first, second)


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > 2:  # noqa: PLR2004  written in full
        return number
    return number + (1900 if number >= _PIVOT else 2000)


def parse_instant(value: str, *, order: DayOrder, zone: ZoneInfo, field: str) -> datetime:
    """A day with or without a time, in UTC. Without an offset it is the clock of `zone`; without a time, midnight."""
    text = value.strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.combine(parse_day(text, order=order, field=field), _clock_of(text, field))
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _clock_of(text: str, field: str) -> time:
    found = _CLOCK.search(text)
    if not found:
        return time()
    hour, half = int(found[1]), (found[4] or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0))
    except ValueError as error:
        raise ValueRefused(
            _("There is no such time as “%(text)s”.") % {"text": found[0].strip()}, field=field
        ) from error


_PLAIN_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?")
# Currency signs and codes, before or after.
_UNIT = re.compile(
    r"^(?:[A-Z]{3}|[^\W\d_]{0,3}[\$€£¥₹₽₩₺₴]|Fr\.|kr\.?|zł)\s*|\s*(?:[A-Z]{3}|[\$€£¥₹₽₩₺₴]|Fr\.|kr\.?|zł)$"
)
_GROUPED = {
    DecimalSign.POINT: re.compile(r"-?\d{1,3}(?:[,' ]\d{3})*(?:\.\d+)?|-?\d+(?:\.\d+)?|-?\.\d+"),
    DecimalSign.COMMA: re.compile(r"-?\d{1,3}(?:[.' ]\d{3})*(?:,\d+)?|-?\d+(?:,\d+)?|-?,\d+"),
}
_SPACES = re.compile("[\\s\u00a0\u202f\u2009]+")


def guess_decimal_sign(values: Iterable[str]) -> DecimalSign:
    """By the last sign with anything but three digits behind it; a point where no value tells."""
    for value in values:
        text = value.strip()
        last = max(text.rfind("."), text.rfind(","))
        behind = len(re.match(r"\d*", text[last + 1 :])[0]) if last >= 0 else 0  # type: ignore[index]  # always matches
        both = "." in text and "," in text
        if last >= 0 and (both or behind != 3):  # noqa: PLR2004  thousands come by three
            return DecimalSign(text[last])
    return DecimalSign.POINT


def parse_number(value: str, *, sign: DecimalSign, field: str) -> Decimal:
    """`1,234.56`, `1.234,56 €`, `(12.00)` for a negative one. Raises ValueRefused for anything that is not clear."""
    text = value.strip()
    if sign is DecimalSign.POINT and _PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text)
    bare = _SPACES.sub(" ", text).replace("\u2212", "-").replace("\u2019", "'")
    is_negative = bare.startswith("(") and bare.endswith(")")
    bare = _UNIT.sub("", bare.strip("()") if is_negative else bare).strip()
    bare = _UNIT.sub("", bare).replace("- ", "-").strip()
    if not _GROUPED[sign].fullmatch(bare):
        raise ValueRefused(
            _("“%(text)s” is no number with “%(sign)s” before its decimals.") % {"text": text[:40], "sign": sign},
            field=field,
        )
    thousands = "," if sign is DecimalSign.POINT else "."
    digits = bare.replace(thousands, "").replace("'", "").replace(" ", "").replace(",", ".")
    return -Decimal(digits) if is_negative else Decimal(digits)


def parse_whole(value: str, *, sign: DecimalSign, field: str) -> int:
    number = parse_number(value, sign=sign, field=field)
    if number != number.to_integral_value():
        raise ValueRefused(_("“%(text)s” is no whole number.") % {"text": value.strip()[:40]}, field=field)
    return int(number)


_YES = frozenset({
    *("1", "y", "t", "x", "on", "ok", "yes", "true", "ja", "j", "oui", "o", "si", "sí", "sim", "da", "tak", "igen"),
    *("kyllä", "evet", "opt-in", "optin", "subscribed", "given"),
})  # fmt: skip
_NO = frozenset({
    *("0", "n", "f", "-", "no", "off", "none", "false", "nein", "non", "não", "nao", "ne", "nie", "nem", "ei", "nee"),
    *("hayir", "opt-out", "optout", "unsubscribed", "withdrawn"),
})  # fmt: skip


def parse_flag(value: str, *, field: str) -> bool | None:
    """Yes or no in the languages of most files; None for an empty cell. Raises ValueRefused."""
    word = value.strip().lower()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueRefused(_("“%(text)s” is neither yes nor no.") % {"text": value.strip()[:40]}, field=field)
