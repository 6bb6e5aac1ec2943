"""Lists as CSV files of any length, written while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from accounts.models import Workspace
from accounts.scope import workspace_scope

# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# So that Excel reads the file as UTF-8.
_BOM = "\ufeff"

Rows = Sequence[Sequence[Any]]


def csv_download(
    workspace: Workspace, *, name: str, header: Sequence[str], batch: Callable[[str], tuple[Rows, str | None]]
) -> StreamingHttpResponse:
    """`batch` gets a cursor ("" at first) and answers some rows with the next cursor, or None at the end.

    Each batch is read in a scope of its own: the request's is closed by then, and none may last as long as a download.
    """

    def parts() -> Iterator[str]:
        yield _BOM + _lines([header])
        cursor: str | None = ""
        while cursor is not None:
            with workspace_scope(workspace):
                rows, cursor = batch(cursor)
                text = _lines(rows)
            yield text

    response = StreamingHttpResponse(parts(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{slugify(workspace.name) or "rapport"}-{name}.csv"'
    )
    return response


def _lines(rows: Rows) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_defused(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _defused(cell: object) -> object:
    """Texts only: a number may be negative."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
