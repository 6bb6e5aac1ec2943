"""Why a definition means, or does not mean, one customer: each of its conditions, asked by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Customer
from customers.segments.compiling import Understood
from customers.segments.definitions import Condition, Group, Match
from customers.segments.fields import Frame, segment_field

MATCHES: Mapping[Match, str | Promise] = {
    Match.ALL: gettext_lazy("All of these:"),
    Match.ANY: gettext_lazy("Any of these:"),
    Match.NONE: gettext_lazy("None of these:"),
}


@dataclass(frozen=True)
class Asked:
    """A condition, or what joins several, in words; whether it holds. `depth` counts the groups around it."""

    text: str
    holds: bool
    depth: int


def explain(definition: Group, customer: Customer, *, today: date) -> list[Asked]:
    """From the whole to its parts, in their order. One query each. Raises DefinitionRefused."""
    frame = Frame(today, [customer.pk], is_raw=True)
    return list(_explained(definition, frame, depth=0))


def _explained(rule: Condition | Group, frame: Frame, *, depth: int) -> Iterator[Asked]:
    alone = rule if isinstance(rule, Group) else Group(match=Match.ALL, rules=(rule,))
    holds = Understood(alone).customers(frame).exists()
    if isinstance(rule, Condition):
        yield Asked(condition_in_words(rule), holds, depth)
        return
    yield Asked(str(MATCHES[rule.match]), holds, depth)
    for each in rule.rules:
        yield from _explained(each, frame, depth=depth + 1)


def condition_in_words(condition: Condition) -> str:
    """As the builder shows it, in one line. Raises ConditionRefused if there is no such field any more."""
    field = segment_field(condition.field)
    labels = dict(field.choices())
    parts = [str(field.label), str(field.operators[condition.operator].label), _value_in_words(condition.value, labels)]
    if condition.within_days is not None:
        days = condition.within_days
        parts.append(ngettext("within %(days)s day", "within %(days)s days", days) % {"days": days})
    for name, value in condition.where.items():
        parts.append(f"({name}: {_value_in_words(value, dict(field.filter_choices(name)))})")
    return " ".join(filter(None, parts))


def _value_in_words(value: Any, labels: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return _(" or ").join(_value_in_words(each, labels) for each in value)
    return str(labels.get(str(value), value))
