"""What is asked of an event besides its kind: how one of its properties compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.segments.comparing import LONGEST_TEXT, Operator, ValueRefused, ValueWanted, checked_value
from customers.segments.definitions import Condition
from customers.segments.fields import ConditionRefused

Written = tuple[str, list[Any]]

# Kept as it came, it may be JSON that Postgres can't hold (a NUL in a text, a number of a million digits): nobody's
# rule may fail over what somebody told.
TOLD_PROPERTIES = "case when pg_input_is_valid(told.properties, 'jsonb') then told.properties::jsonb end"

PROPERTY_OPERATORS: Mapping[str, Operator] = {
    "equals": Operator(gettext_lazy("is"), ValueWanted.TEXT),
    "any_of": Operator(gettext_lazy("is one of"), ValueWanted.CHOICES),
    "contains": Operator(gettext_lazy("contains"), ValueWanted.TEXT),
    "at_least": Operator(gettext_lazy("is at least"), ValueWanted.NUMBER),
    "at_most": Operator(gettext_lazy("is at most"), ValueWanted.NUMBER),
    "is_known": Operator(gettext_lazy("is known"), ValueWanted.NOTHING),
}


@dataclass(frozen=True)
class PropertyCondition:
    """Texts are compared as they are written, numbers only with what was told as a number."""

    name: str
    operator: str
    value: Any

    def sql(self, column: str) -> Written:
        """Over a jsonb column. What the event does not say is null, and so not true."""
        return _SQL[self.operator](column, self.name, self.value)


def properties_of(condition: Condition) -> tuple[PropertyCondition, ...]:
    """What `where` asks: `{"minutes": {"is": "at_least", "value": 30}}`. Raises ConditionRefused."""
    return tuple(_property(name, asked) for name, asked in condition.where.items())


def _property(name: str, asked: Any) -> PropertyCondition:
    part = f"where.{name}"
    if not 1 <= len(name) <= LONGEST_TEXT or "\0" in name:
        raise ConditionRefused(_("A property has a name."), part="where")
    if not isinstance(asked, dict) or not set(asked) <= {"is", "value"}:
        raise ConditionRefused(_("Say how the property compares: `is`, and its `value`."), part=part)
    operator = PROPERTY_OPERATORS.get(str(asked.get("is")))
    if operator is None:
        known = ", ".join(PROPERTY_OPERATORS)
        raise ConditionRefused(_("A property is compared by one of: %(known)s.") % {"known": known}, part=f"{part}.is")
    try:
        return PropertyCondition(name, asked["is"], checked_value(operator, asked.get("value")))
    except ValueRefused as refusal:
        raise ConditionRefused(str(refusal), part=f"{part}.value") from None


def _number(sign: str) -> Callable[[str, str, Any], Written]:
    def written(column: str, name: str, value: Any) -> Written:
        told = f"case when jsonb_typeof({column} -> %s) = 'number' then ({column} ->> %s)::numeric {sign} %s end"
        return told, [name, name, value]

    return written


_SQL: Mapping[str, Callable[[str, str, Any], Written]] = {
    "equals": lambda column, name, value: (f"{column} ->> %s = %s", [name, value]),
    "any_of": lambda column, name, value: (f"{column} ->> %s = any(%s)", [name, value]),
    "contains": lambda column, name, value: (f"position(lower(%s) in lower({column} ->> %s)) > 0", [value, name]),
    "at_least": _number(">="),
    "at_most": _number("<="),
    "is_known": lambda column, name, _value: (f"{column} ->> %s is not null", [name]),
}
