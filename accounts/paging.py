"""Lists page by page, each beginning after the last row of the one before: page 1,000 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
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


def keyset_page(rows: models.QuerySet[Row], *, sort: str, cursor: str = "", size: int = 50) -> Page[Row]:
    """One page by one query. `sort` is a column that is never null, with `-` for descending; ids settle what is equal.

    A cursor that nobody gave out begins at the start.
    """
    column = sort.removeprefix("-")
    if position := _position(rows.model, column, cursor):
        beyond = TupleLessThan if sort.startswith("-") else TupleGreaterThan
        rows = rows.filter(beyond(Tuple(column, "pk"), position))
    found = list(rows.order_by(sort, "-pk" if sort.startswith("-") else "pk")[: size + 1])
    shown = found[:size]
    return Page(shown, _cursor(shown[-1], column) if len(found) > size else None)


def _cursor(row: models.Model, column: str) -> str:
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
    return next(field for field in model._meta.concrete_fields if field.name == name)
