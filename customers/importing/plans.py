"""How one file is to be taken in: what the person settled on the pages, kept in `Import.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from customers.importing.formats import DayOrder, DecimalSign
from customers.importing.reading import Layout

ATTRIBUTE = "attribute:"
COLUMN = "column:"
ATTRIBUTE_PREFIX = "attributes."
# Where a row has other names for things than the columns of a file.
_COLUMN_OF = {"birth_monthday": "birthday", "birth_year": "birthday", "rate_micros": "rate"}


class ConsentPlan(msgspec.Struct, frozen=True):
    """Where consent to one topic comes from: a column of yes and no, or one source for every line.

    `wording` is what people agreed to and where; `on` the day, of those lines whose `on_column` does not tell.
    `is_confirmed`: each of them confirmed it, by a link to their address.
    """

    topic: str
    wording: str
    on: date
    column: int | None = None
    on_column: int | None = None
    is_confirmed: bool = False


class ImportPlan(msgspec.Struct, frozen=True):
    """`fields` has for each column the field it holds, `attribute:<kind>:<key>`, or nothing: it is passed over.

    `rates` are what one of a currency is worth in the workspace's, in millionths. `version` grows with every change.
    """

    layout: Layout = Layout()
    columns: list[str] = []
    fields: list[str] = []
    day_order: DayOrder | None = DayOrder.DAY_FIRST
    decimal_sign: DecimalSign = DecimalSign.POINT
    currency: str = ""
    rates: dict[str, int] = {}
    system: str = ""
    channel: str = ""
    adds_customers: bool = True
    consents: list[ConsentPlan] = []
    version: int = 0

    @property
    def order(self) -> DayOrder:
        return self.day_order or DayOrder.DAY_FIRST

    def position(self, field: str) -> int | None:
        """The column of a field, also under the name that its row has for it (`total_minor`, `attributes.x`)."""
        if field.startswith(COLUMN):
            return int(field.removeprefix(COLUMN))
        if field.startswith(ATTRIBUTE_PREFIX):
            key = field.removeprefix(ATTRIBUTE_PREFIX)
            return next((column.at for column in self.attributes() if column.key == key), None)
        name = _COLUMN_OF.get(field, field.removesuffix("_minor"))
        return self.fields.index(name) if name and name in self.fields else None

    def attributes(self) -> list[AttributeColumn]:
        """The columns that are kept as attributes."""
        found = []
        for at, field in enumerate(self.fields):
            if field.startswith(ATTRIBUTE):
                kind, _, key = field.removeprefix(ATTRIBUTE).partition(":")
                found.append(AttributeColumn(at, key, kind))
        return found


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    at: int
    key: str
    kind: str


def plan_of(reading: dict[str, Any]) -> ImportPlan:
    return msgspec.convert(reading, ImportPlan)


def reading_of(plan: ImportPlan) -> dict[str, Any]:
    """As it is kept: plain values that JSON knows."""
    plain: dict[str, Any] = msgspec.to_builtins(plan)
    return plain
