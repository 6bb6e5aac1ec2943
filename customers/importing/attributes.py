"""Columns that are kept as attributes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from customers.importing.formats import parse_day, parse_flag, parse_number
from customers.importing.plans import AttributeColumn, ImportPlan
from customers.models import Attribute
from customers.models.attributes import AttributeKind
from customers.normalising import clean_line
from customers.upserting.rows import AttributeData

Parse = Callable[[str], AttributeData]


def attribute_parsers(plan: ImportPlan) -> list[tuple[int, str, Parse]]:
    """Column, key and how to read its cells: by the kind that the attribute has already, or else by the plan's."""
    columns = plan.attributes()
    known = dict(Attribute.objects.filter(key__in=[column.key for column in columns]).values_list("key", "kind"))
    return [(column.at, column.key, _parser(known.get(column.key, column.kind), column, plan)) for column in columns]


def define_attributes(plan: ImportPlan) -> None:
    """Make the attributes that are new, under the names that stand above their columns."""
    Attribute.objects.bulk_create(
        [Attribute(key=each.key, label=plan.columns[each.at], kind=each.kind) for each in plan.attributes()],
        ignore_conflicts=True,
    )


def _parser(kind: str, column: AttributeColumn, plan: ImportPlan) -> Parse:
    field = f"attributes.{column.key}"
    if kind == AttributeKind.NUMBER:
        return lambda cell: float(parse_number(cell, sign=plan.decimal_sign, field=field))
    if kind == AttributeKind.DAY:
        return lambda cell: parse_day(cell, order=plan.order, field=field)
    if kind == AttributeKind.FLAG:
        return partial(parse_flag, field=field)
    return partial(clean_line, field=field, longest=500)
