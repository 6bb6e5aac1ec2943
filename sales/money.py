"""Amounts are integers in a currency's minor unit: 12.50 EUR is 1250, 1250 JPY is 1250, 1.250 KWD is 1250."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol, list_currencies
from django.utils.translation import gettext as _

from accounts.languages import reader_locale
from customers.refusals import ValueRefused

SAME_RATE = 1_000_000
# Room for the sum of a million of the largest within a bigint.
LARGEST_AMOUNT = 10**12
LARGEST_RATE = 10**12
# ISO 4217's codes for "no currency" and "for tests".
_NO_CURRENCY = frozenset({"XXX", "XTS"})
_LONGEST_TEXT = 40


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


def written(amount_minor: int, currency: str) -> str:
    """An amount for a reader, in the language in force: 1250 and EUR give "€12.50"."""
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=reader_locale())


def typed(amount_minor: int, currency: str) -> str:
    """An amount as one would type it, and `parse_amount` reads it back: "12.50"."""
    return str(Decimal(amount_minor).scaleb(-get_currency_precision(currency)))


def parse_amount(text: str, currency: str) -> int:
    """Read "12.50", "12,50", "€ 1.234,50" or "1 234.50" as minor units. Raises ValueRefused.

    In euros "1.250" may be a thousand or a slip of the keyboard: that is refused rather than guessed.
    """
    number = _bare(text, currency)
    digits = get_currency_precision(currency)
    with_decimals, in_thousands = _with_decimals(number, digits), _in_thousands(number)
    if with_decimals is None and in_thousands is not None and digits > 0 and len(re.findall("[.,]", number)) == 1:
        whole, part = re.split("[.,]", number)
        raise ValueRefused(
            _("%(number)s can be read in two ways: write %(one)s or %(other)s.")
            % {"number": number, "one": f"{whole}{part}", "other": f"{whole}.{part[:digits]}"}
        )
    amount = in_thousands if with_decimals is None else with_decimals
    if amount is None:
        reason = _("An amount can't be negative.") if number.startswith(("-", "−")) else ""  # noqa: RUF001  typed by phones
        raise ValueRefused(
            reason
            or _("Write an amount in %(currency)s, such as %(example)s.")
            % {"currency": currency, "example": typed(1250, currency)}
        )
    return int(amount.scaleb(digits))


def parse_rate(text: str) -> int:
    """Read "0,92" or "0.921345" as millionths. Raises ValueRefused."""
    number = text.strip().replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", number):
        raise ValueRefused(_("Write a rate such as 0.92, with at most 6 decimals."))
    return int(Decimal(number).scaleb(6))


def _bare(text: str, currency: str) -> str:
    """Digits and marks alone; what stands for the currency may go before or after."""
    number = re.sub(r"[\s'\u2019]", "", text[: _LONGEST_TEXT + 1])
    for sign in (currency, currency.lower(), get_currency_symbol(currency, locale=reader_locale())):
        number = number.removeprefix(sign).removesuffix(sign)
    return number if len(number) <= _LONGEST_TEXT else ""


def _with_decimals(number: str, digits: int) -> Decimal | None:
    """`12`, `12,5`, `1.234,50`: one mark before the decimals, another between thousands."""
    found = (
        re.fullmatch(r"([0-9]+)(?:[.,]([0-9]+))?", number)
        or re.fullmatch(r"([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)", number)
        or re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)", number)
    )
    if found is None or len(found[2] or "") > digits:
        return None
    return Decimal(f"{re.sub('[.,]', '', found[1])}.{found[2] or 0}")


def _in_thousands(number: str) -> Decimal | None:
    """`1.234`, `1,234,567`."""
    found = re.fullmatch(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+)", number)
    return Decimal(re.sub("[.,]", "", number)) if found else None
