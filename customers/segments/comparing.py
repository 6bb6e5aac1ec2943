"""How the value of a field can be compared: which operators a kind of value has, what they want, and what they ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST_TEXT = 500
MOST_CHOICES = 200
_MOST_DAYS = 36_500


class Kind(StrEnum):
    """What the values of a field look like. `amount` is money in minor units of the workspace's currency."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    AMOUNT = "amount"
    DAY = "day"
    FLAG = "flag"


class ValueWanted(StrEnum):
    """What has to be given with an operator."""

    NOTHING = "nothing"
    TEXT = "text"
    CHOICES = "choices"
    NUMBER = "number"
    NUMBERS = "numbers"
    AMOUNT = "amount"
    AMOUNTS = "amounts"
    DAY = "day"
    DAYS = "days"
    COUNT = "count"


@dataclass(frozen=True)
class Operator:
    label: str | Promise
    wants: ValueWanted


@dataclass(frozen=True)
class Comparing(Operator):
    """`ask` makes the question of what is compared, the value given, and today in the workspace's zone.

    `flips` gives the days on which somebody's value may have come to answer otherwise, by nothing but the passing of
    the days since the first up to the second date; None where time changes nothing.
    """

    ask: Callable[[Any, Any, date], Q]
    flips: Callable[[Any, date, date], tuple[tuple[date, date], ...]] | None = None


class ValueRefused(ValueError):
    """What was given for an operator can't be compared with."""


def checked_value(operator: Operator, value: Any) -> Any:
    """The value as it is compared: days as dates. Raises ValueRefused."""
    return _CHECKS[operator.wants](value)


def _nothing(value: Any) -> None:
    if value is not None:
        raise ValueRefused(_("Nothing is compared here; leave the value out."))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or "\0" in value:
        raise ValueRefused(_("Give a text of 1 to %(most)s characters.") % {"most": LONGEST_TEXT})
    return value.strip()


def _choices(value: Any) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_CHOICES:
        raise ValueRefused(_("Give a list of 1 to %(most)s values.") % {"most": MOST_CHOICES})
    return [_text(each) for each in value]


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise ValueRefused(_("Give a number."))
    return value


def _amount(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not abs(value) < 2**53:
        raise ValueRefused(_("Give an amount as a whole number of cents, or of what your currency has for them."))
    return value


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueRefused(_("Give a day as 2026-01-31.")) from None


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_DAYS:
        raise ValueRefused(_("Give a whole number of days, 1 or more."))
    return value


def _pair(check: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  from, to
            raise ValueRefused(_("Give two values: from and to."))
        low, high = map(check, value)
        if low > high:
            raise ValueRefused(_("The first of the two must not be the larger."))
        return [low, high]

    return checked


_CHECKS: Mapping[ValueWanted, Callable[[Any], Any]] = {
    ValueWanted.NOTHING: _nothing,
    ValueWanted.TEXT: _text,
    ValueWanted.CHOICES: _choices,
    ValueWanted.NUMBER: _number,
    ValueWanted.NUMBERS: _pair(_number),
    ValueWanted.AMOUNT: _amount,
    ValueWanted.AMOUNTS: _pair(_amount),
    ValueWanted.DAY: _day,
    ValueWanted.DAYS: _pair(_day),
    ValueWanted.COUNT: _count,
}


def between(operand: Combinable, first: Any, last: Any) -> Q:
    """Both included; of numbers as well."""
    return Q(GreaterThanOrEqual(operand, first)) & Q(LessThanOrEqual(operand, last))


def _between(operand: Combinable, value: list[Any], _today: date) -> Q:
    return between(operand, *value)


def _in_last(operand: Combinable, days: int, today: date) -> Q:
    return between(operand, today - timedelta(days=days - 1), today)


def _in_next(operand: Combinable, days: int, today: date) -> Q:
    return between(operand, today, today + timedelta(days=days - 1))


def _longer_ago(operand: Combinable, days: int, today: date) -> Q:
    return Q(LessThan(operand, today - timedelta(days=days - 1)))


def _passed(days: int) -> Callable[[date, date], tuple[date, date]]:
    """The days that lay `days` back from some midnight after the first date, and up to that of the second."""
    return lambda since, today: (since + timedelta(days=1 - days), today - timedelta(days=days))


def _flips_in_last(days: int, since: date, today: date) -> tuple[tuple[date, date], ...]:
    return (_passed(days)(since, today), _passed(0)(since, today))


def _flips_in_next(days: int, since: date, today: date) -> tuple[tuple[date, date], ...]:
    return (_passed(1)(since, today), _passed(1 - days)(since, today))


def _flips_longer_ago(days: int, since: date, today: date) -> tuple[tuple[date, date], ...]:
    return (_passed(days)(since, today),)


# Texts are never null, and what a person typed may be written large or small; one that was picked is compared as it is,
# which an index can answer.
_WRITTEN = {
    "is_known": Comparing(gettext_lazy("is known"), ValueWanted.NOTHING, lambda x, _v, _t: Q(GreaterThan(x, ""))),
    "is_unknown": Comparing(gettext_lazy("is not known"), ValueWanted.NOTHING, lambda x, _v, _t: Q(Exact(x, ""))),
}
_KNOWN = {
    "is_known": Comparing(gettext_lazy("is known"), ValueWanted.NOTHING, lambda x, _v, _t: Q(IsNull(x, False))),  # noqa: FBT003
    "is_unknown": Comparing(gettext_lazy("is not known"), ValueWanted.NOTHING, lambda x, _v, _t: Q(IsNull(x, True))),  # noqa: FBT003
}


def _ordered(one: ValueWanted, two: ValueWanted) -> dict[str, Comparing]:
    """How numbers are compared, given one by one or two at once."""
    return {
        "at_least": Comparing(gettext_lazy("is at least"), one, lambda x, v, _t: Q(GreaterThanOrEqual(x, v))),
        "at_most": Comparing(gettext_lazy("is at most"), one, lambda x, v, _t: Q(LessThanOrEqual(x, v))),
        "equals": Comparing(gettext_lazy("is exactly"), one, lambda x, v, _t: Q(Exact(x, v))),
        "between": Comparing(gettext_lazy("is between"), two, _between),
    }


OPERATORS: Mapping[Kind, Mapping[str, Comparing]] = {
    Kind.TEXT: {
        "equals": Comparing(gettext_lazy("is"), ValueWanted.TEXT, lambda x, v, _t: Q(Exact(x, v))),
        "any_of": Comparing(gettext_lazy("is one of"), ValueWanted.CHOICES, lambda x, v, _t: Q(In(x, v))),
        "contains": Comparing(gettext_lazy("contains"), ValueWanted.TEXT, lambda x, v, _t: Q(IContains(x, v))),
        "starts_with": Comparing(gettext_lazy("begins with"), ValueWanted.TEXT, lambda x, v, _t: Q(IStartsWith(x, v))),
        **_WRITTEN,
    },
    Kind.CHOICE: {
        "any_of": Comparing(gettext_lazy("is one of"), ValueWanted.CHOICES, lambda x, v, _t: Q(In(x, v))),
        **_WRITTEN,
    },
    Kind.NUMBER: _ordered(ValueWanted.NUMBER, ValueWanted.NUMBERS) | _KNOWN,
    Kind.AMOUNT: _ordered(ValueWanted.AMOUNT, ValueWanted.AMOUNTS) | _KNOWN,
    Kind.DAY: {
        "on_or_after": Comparing(
            gettext_lazy("is on or after"), ValueWanted.DAY, lambda x, v, _t: Q(GreaterThanOrEqual(x, v))
        ),
        "on_or_before": Comparing(
            gettext_lazy("is on or before"), ValueWanted.DAY, lambda x, v, _t: Q(LessThanOrEqual(x, v))
        ),
        "between": Comparing(gettext_lazy("is between"), ValueWanted.DAYS, _between),
        "in_last": Comparing(gettext_lazy("is in the last days"), ValueWanted.COUNT, _in_last, _flips_in_last),
        "longer_ago": Comparing(gettext_lazy("is longer ago"), ValueWanted.COUNT, _longer_ago, _flips_longer_ago),
        "in_next": Comparing(gettext_lazy("is in the next days"), ValueWanted.COUNT, _in_next, _flips_in_next),
        **_KNOWN,
    },
    Kind.FLAG: {
        "is_true": Comparing(gettext_lazy("is so"), ValueWanted.NOTHING, lambda x, _v, _t: Q(Exact(x, True))),  # noqa: FBT003
        "is_false": Comparing(gettext_lazy("is not so"), ValueWanted.NOTHING, lambda x, _v, _t: Q(Exact(x, False))),  # noqa: FBT003
        **_KNOWN,
    },
}
