"""`docs/segments.md`: every field and operator. Read from the code, so that it cannot lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from customers.segments.comparing import OPERATORS, Operator, ValueWanted
from customers.segments.fields import named_fields
from customers.segments.properties import PROPERTY_OPERATORS

BEGIN, END = "<!-- written by ./run manage segment_fields -->", "<!-- until here -->"

VALUES: Mapping[ValueWanted, str] = {
    ValueWanted.NOTHING: "nothing",
    ValueWanted.TEXT: 'a text: `"Berlin"`',
    ValueWanted.CHOICES: 'a list of texts: `["de", "fr"]`',
    ValueWanted.NUMBER: "a number: `2.5`",
    ValueWanted.NUMBERS: "two numbers: `[1, 5]`",
    ValueWanted.AMOUNT: "an amount in minor units: `12500`",
    ValueWanted.AMOUNTS: "two amounts in minor units: `[1000, 5000]`",
    ValueWanted.DAY: 'a day: `"2026-01-31"`',
    ValueWanted.DAYS: 'two days: `["2026-01-01", "2026-01-31"]`',
    ValueWanted.COUNT: "a number of days: `30`",
}


def field_tables() -> str:
    """Markdown between the two marks, both included."""
    sections = [BEGIN, ""]
    for group, fields in groupby(named_fields(), key=lambda field: str(field.group)):
        sections += [f"### {group}", "", "| field | asks | `is` | more |", "|---|---|---|---|"]
        for field in fields:
            more = ["`within_days`"] if field.takes_window else []
            more += [f"`where.{name}`" for name in field.filters]
            sections.append(_row(f"`{field.key}`", str(field.label), _names(field.operators), ", ".join(more)))
        sections.append("")
    sections += ["### What `is` takes", "", "| of | `is` | means | value |", "|---|---|---|---|"]
    for kind, operators in OPERATORS.items():
        sections += _operators(f"{kind.value}s", operators)
    sections += _operators("properties of events", PROPERTY_OPERATORS)
    return "\n".join([*sections, "", END])


def with_field_tables(page: str) -> str:
    """The page with what stands between the marks written anew."""
    head, _, rest = page.partition(BEGIN)
    return head + field_tables() + rest.partition(END)[2]


def _operators(of: str, operators: Mapping[str, Operator]) -> Iterable[str]:
    return [_row(of, f"`{key}`", str(operator.label), VALUES[operator.wants]) for key, operator in operators.items()]


def _names(operators: Mapping[str, Operator]) -> str:
    return ", ".join(f"`{key}`" for key in operators)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
