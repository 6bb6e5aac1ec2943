"""Bringing a batch into Postgres.

COPY into a table with row-level security is refused, so a batch goes into a temporary table first; one
`INSERT … SELECT` takes it from there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models, transaction

Result = TypeVar("Result")

# csv.writer writes None and "" alike, so None goes as a word that no cleaned text can be: it has a control character.
_NULL = "\x1fnull"
_ATTEMPTS = 4
# From here on making some twenty plans anew costs less than one that does not fit.
_LARGE = 500
_NOTHING: Mapping[str, Any] = {}


class Raced(Exception):
    """Another transaction wrote the same thing first. Now it can be seen: look again, and begin anew."""


def settled(write: Callable[[], Result], *, rows: int) -> Result:
    """Carry out a batch of so many rows in a savepoint, and again if another transaction got in between."""
    if rows >= _LARGE:
        _forget_plans()
    for _ in range(_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return write()
        except (Raced, IntegrityError):
            continue
    with transaction.atomic():
        return write()


def _forget_plans() -> None:
    """Let the checks of foreign keys, at the end of the transaction, be planned for the tables that they then find.

    A connection keeps those plans from its first rows on. Made while a table held next to nothing, they read all of it
    for each key, until autovacuum comes by: for 2,000 customers after the first sixty, 2,141,000 rows and not 4,000.
    """
    execute("discard plans")


def stage(table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Fill the temporary `table`, made with `columns` where it is missing; it is empty again after the transaction."""
    scratch(table, columns)
    names, values = _told(columns, rows)
    if not names:
        return
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(zip(*values, strict=True))
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"copy {table} ({', '.join(names)}) from stdin with (format csv, null '{_NULL}')", buffer, 1 << 16
        )


def _told(columns: str, rows: Iterable[Sequence[object]]) -> tuple[list[str], list[Sequence[object]]]:
    """The columns in which any row says something, by name, and their values. A batch leaves most of them out."""
    names: list[str] = []
    values: list[Sequence[object]] = []
    for column, cells in zip(columns.split(","), zip(*rows, strict=True), strict=False):
        blanks = cells.count(None)
        if blanks < len(cells):
            names.append(column.split()[0])
            values.append([_NULL if cell is None else cell for cell in cells] if blanks else cells)
    return names, values


def scratch(table: str, columns: str) -> None:
    """An empty temporary table. It stays with the connection, since making one costs more than filling it."""
    execute(f"create temporary table if not exists {table} ({columns}) on commit delete rows")
    execute(f"delete from {table}")  # noqa: S608  our own names; an earlier batch of this transaction filled it


def insert_select(
    model: type[models.Model],
    values: Mapping[str, str],
    source: str,
    *,
    constants: Mapping[str, Any] = _NOTHING,
    params: Sequence[Any] = (),
) -> int:
    """`INSERT … SELECT` into a model's table; returns how many rows went in.

    `values` gives column names their SQL expressions, without parameters, over `source`: the text after `from`, with
    its `params`. Every other column is one of the `constants` or takes the model's own default, so that a field which
    is added to the model later needs no change here.
    """
    columns, expressions, literals = [], [], []
    for field in model._meta.concrete_fields:
        if field.generated or (field.primary_key and field.column not in values):
            continue
        column = str(field.column)
        columns.append(connection.ops.quote_name(column))
        expressions.append(values.get(column, "%s"))
        if column not in values:
            value = constants[column] if column in constants else field.get_default()
            literals.append(field.get_db_prep_save(value, connection))
    return execute(
        f"insert into {model._meta.db_table} ({', '.join(columns)})"  # noqa: S608  names of our own models
        f" select {', '.join(expressions)} from {source}",
        [*literals, *params],
    )


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows that are about to be inserted, so that what points at them can be staged beside them."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Looked up once: beside `nextval` it would be for each row, and take most of the time.
            "with sequence as materialized (select pg_get_serial_sequence(%s, 'id')::regclass as name)"
            " select nextval(name) from sequence, generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def bigints(ids: Iterable[int]) -> str:
    """Ids as one parameter: written number by number, a list of thousands takes ten times as long."""
    return f"{{{','.join(map(str, ids))}}}"


def texts(values: Iterable[str]) -> str:
    """Texts as one parameter: a list of thousands takes twice as long to write, and a tenth longer to look up."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def mixed(values: Iterable[str | int | datetime | None]) -> str:
    """As `bigints` and `texts`, of a column of any type, NULL for None. What neighbours share is written once."""
    cells, before, text = [], None, "NULL"
    for value in values:
        if value is not before:
            before, text = value, _cell(value)
        cells.append(text)
    return "{" + ",".join(cells) + "}"


def _cell(value: str | int | datetime | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value) if isinstance(value, int) else _quoted(value)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def execute(sql: str, params: Sequence[Any] = ()) -> int:
    """Run one statement; returns the number of rows that it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
