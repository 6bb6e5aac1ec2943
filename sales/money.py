"""Amounts are integers in a currency's minor unit: 12.50 EUR is 1250, 1250 JPY is 1250, 1.250 KWD is 1250."""

from __future__ import annotations

from babel.numbers import get_currency_precision, list_currencies

SAME_RATE = 1_000_000
# Room for the sum of a million of the largest within a bigint.
LARGEST_AMOUNT = 10**12
LARGEST_RATE = 10**12
# ISO 4217's codes for "no currency" and "for tests".
_NO_CURRENCY = frozenset({"XXX", "XTS"})


def is_currency(code: str) -> bool:
    """Whether it is an ISO 4217 code, in capitals. Currencies of the past count: an old order may be in one."""
    return code in list_currencies() and code not in _NO_CURRENCY


def minor_per_unit(currency: str) -> int:
    """100 for EUR, 1 for JPY, 1000 for KWD."""
    return int(10 ** get_currency_precision(currency))


def worth(amount_minor: int, *, currency: str, rate_micros: int, in_currency: str) -> int:
    """Convert minor units by a rate in millionths of `in_currency` for one of `currency`; a half is rounded up."""
    numerator = amount_minor * rate_micros * minor_per_unit(in_currency)
    denominator = SAME_RATE * minor_per_unit(currency)
    return (2 * numerator + denominator) // (2 * denominator)
