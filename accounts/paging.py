"""Lists page by page, each beginning after the last row of the one before: page 1,000 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db import connection, models
from django.db.models import F
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest

Row = TypeVar("Row", bound=models.Model)

_signer = Signer(salt="cursor")


def id_cursor(request: HttpRequest) -> int | None:
    """The id that the page begins below; a cursor that nobody gave out begins at the newest."""
    cursor = request.GET.get("cursor", "")
    return int(cursor) if cursor.isdecimal() and int(cursor) <= models.BigIntegerField.MAX_BIGINT else None


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def keyset_page(
    rows: models.QuerySet[Row], *, sort: str, cursor: str = "", size: int = 50, is_read_whole: bool = False
) -> Page[Row]:
    """One page by one query. `sort` is a column that is never null, with `-` for descending; ids settle what is equal.

    A cursor that nobody gave out begins at the start. `is_read_whole` keeps Postgres from following the index of `sort`
    past all that don't match: it reads those that do, and sorts them.
    """
    column = sort.removeprefix("-")
    beyond = _beyond(rows, sort, cursor)
    if is_read_whole:
        value, pk = Coalesce(column, column), F("pk")
        beyond = beyond.order_by(value.desc(), pk.desc()) if sort.startswith("-") else beyond.order_by(value, pk)
    found = list(beyond[: size + 1])
    shown = found[:size]
    return Page(shown, cursor_after(shown[-1], column) if len(found) > size else None)


def keyset_walk(  # noqa: PLR0913  what a page is asked for, and among whom
    rows: models.QuerySet[Row], everybody: models.QuerySet[Row], *, sort: str, cursor: str, size: int, length: int
) -> Page[Row] | None:
    """The page of `rows`, looked for along the next `length` of `everybody`: however few match, no more are looked at.

    None if there may be more of it beyond them.
    """
    column = sort.removeprefix("-")
    last = _beyond(everybody, sort, cursor).values_list(column, "pk")[length : length + 1]
    until = TupleGreaterThanOrEqual if sort.startswith("-") else TupleLessThanOrEqual
    for position in last:
        page = keyset_page(rows.filter(until(Tuple(column, "pk"), position)), sort=sort, cursor=cursor, size=size)
        return page if page.next_cursor else None
    return keyset_page(rows, sort=sort, cursor=cursor, size=size)


def counted_page(rows: models.QuerySet[Row], *, sort: str, cursor: str, size: int, most: int) -> tuple[Page[Row], int]:
    """The page and how many `rows` there are, by one look at all of them: for the few that a filter leaves.

    Only what they are sorted by is read of them. From `most` + 1 on they are not counted, and the page means nothing.
    """
    column, order = sort.removeprefix("-"), "desc" if sort.startswith("-") else "asc"
    matching, values = rows.order_by().values_list(column, "pk")[: most + 1].query.sql_with_params()
    position = _position(rows.model, column, cursor)
    beyond = f"where (value, pk) {'<' if order == 'desc' else '>'} (%s, %s)" if position else ""
    with connection.cursor() as database:
        database.execute(
            f"""with matching (value, pk) as materialized ({matching}),
                  page as (select value, pk from matching {beyond} order by value {order}, pk {order} limit %s)
                select counted.many, page.value, page.pk from (select count(*) as many from matching) counted
                left join page on true order by page.value {order}, page.pk {order}""",  # noqa: S608  Django's and ours
            [*values, *(position or ()), size + 1],
        )
        found = database.fetchall()
    attribute = _field(rows.model, column).attname
    keys = [rows.model(**{attribute: value, "pk": pk}) for _, value, pk in found if pk is not None]
    shown = keys[:size]
    return Page(shown, cursor_after(shown[-1], column) if len(keys) > size else None), found[0][0]


def _beyond(rows: models.QuerySet[Row], sort: str, cursor: str) -> models.QuerySet[Row]:
    """In order, from the cursor on."""
    column = sort.removeprefix("-")
    if position := _position(rows.model, column, cursor):
        beyond = TupleLessThan if sort.startswith("-") else TupleGreaterThan
        rows = rows.filter(beyond(Tuple(column, "pk"), position))
    return rows.order_by(sort, "-pk" if sort.startswith("-") else "pk")


def cursor_after(row: models.Model, column: str) -> str:
    value = _field(type(row), column).value_to_string(row)
    return _signer.sign_object([row._meta.label, column, value, row.pk])


def _position(model: type[models.Model], column: str, cursor: str) -> tuple[Any, int] | None:
    """Signed, so that what stands in it is what we wrote: a value of this column, that the database understands."""
    try:
        label, of_column, value, pk = _signer.unsign_object(cursor)
    except (BadSignature, ValueError):
        return None
    if (label, of_column) != (model._meta.label, column):
        return None
    return _field(model, column).to_python(value), pk


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    if name == "pk":
        return model._meta.pk
    return next(field for field in model._meta.concrete_fields if field.name == name)
