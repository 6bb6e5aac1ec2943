"""The first lines of a file as they will be taken in, for a person to look at before anything is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from customers.contracts import RowReader, importers
from customers.importing.plans import plan_of
from customers.importing.reading import FileRefused, Head, Record, head_of, printable, records
from customers.models import Import
from customers.refusals import Refused

SHOWN = 20


@dataclass(frozen=True)
class PreviewRow:
    """`wrong` is the cell that is refused, None where it is the line as a whole or nothing."""

    line: int
    cells: list[str]
    reason: str
    wrong: int | None

    def marked_cells(self) -> Iterator[tuple[str, bool]]:
        for at, cell in enumerate(self.cells):
            yield cell, at == self.wrong


def preview_of(source: Import, *, count: int = SHOWN) -> list[PreviewRow]:
    """As many lines as can be read; none of a file that is gone."""
    plan = plan_of(source.reading)
    reader = importers()[source.kind].reader(source, plan)
    rows: list[PreviewRow] = []
    try:
        with source.file.open("rb") as file:
            for each in islice(records(file, plan.layout), count):
                record = each.squared(len(plan.columns))
                reason, field = _fault(reader, record)
                rows.append(PreviewRow(record.line, printable(record.cells), reason, plan.position(field)))
    except (FileRefused, OSError, ValueError):
        return rows
    return rows


def _fault(reader: RowReader, record: Record) -> tuple[str, str]:
    """Why this line will be refused, with the field. Lines of one order are looked at one by one."""
    if record.damage:
        return record.damage, ""
    try:
        parsed = reader.parse(record)
        if not reader.key(record):
            reader.combine([parsed])
    except Refused as refusal:
        return str(refusal), refusal.field
    return "", ""


def sample_of(source: Import, *, count: int) -> Head:
    """The file's columns and first records, from which everything is guessed. Raises FileRefused."""
    plan = plan_of(source.reading)
    with source.file.open("rb") as file:
        return head_of(file, plan.layout, count=count)
