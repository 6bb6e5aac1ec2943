"""A file brought in by the product's own import, and the same rows by a bare COPY into tables of the same make."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.actions.imports import plan_import, start_import, upload_import
from customers.importing.plans import plan_of
from customers.importing.running import run_due_imports
from customers.models import Import


def file_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def bring_in(workspace: Workspace, *, kind: str, content: bytes) -> tuple[Import, float]:
    """Upload, check and import. The import, and the seconds that the importing itself took."""
    somebody, _ = User.objects.get_or_create(email="owner@shop.example")
    with workspace_scope(workspace):
        upload = SimpleUploadedFile(f"{kind}.csv", content)
        source = upload_import(kind=kind, upload=upload, created_by=somebody)
        plan_import(source, plan=plan_of(source.reading))
    _work_off(workspace, source)
    with workspace_scope(workspace):
        start_import(source)
    started_at = time.perf_counter()
    _work_off(workspace, source)
    return source, time.perf_counter() - started_at


def _work_off(workspace: Workspace, source: Import) -> None:
    is_under_way = True
    while is_under_way:
        run_due_imports(workspace)
        with workspace_scope(workspace):
            source.refresh_from_db()
        is_under_way = source.is_under_way


@dataclass
class Twin:
    """A table with the columns, keys and indexes of another, without row-level security, foreign keys or triggers."""

    table: str
    key: str = "id"
    copied_up_to: int = 0
    rows: int = 0
    seconds: float = 0
    columns: str = field(init=False)

    def __post_init__(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"create table {self.table}_twin (like {self.table} including all)")
            cursor.execute(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position)"
                " from information_schema.columns where table_name = %s and is_generated = 'NEVER'",
                [self.table],
            )
            (self.columns,) = cursor.fetchone()

    def catch_up(self) -> None:
        """COPY what came into the other table since the last time, and count the rows and seconds of that."""
        content = io.BytesIO()
        with connections["owner"].cursor() as cursor:
            new = f"select {self.columns} from {self.table} where {self.key} > {self.copied_up_to} order by {self.key}"  # noqa: S608  ours
            cursor.copy_expert(f"copy ({new}) to stdout", content)
            content.seek(0)
            started_at = time.perf_counter()
            cursor.copy_expert(f"copy {self.table}_twin ({self.columns}) from stdin", content, 1 << 16)
            self.seconds += time.perf_counter() - started_at
            self.rows += cursor.rowcount
            cursor.execute(f"select coalesce(max({self.key}), 0) from {self.table}_twin")  # noqa: S608  our own name
            (self.copied_up_to,) = cursor.fetchone()


def result(name: str, *, lines: int, seconds: float, limit: Sequence[Twin]) -> str:
    """Lines of the file per second, ours and as fast as COPY brought all that they became into the twins."""
    ours, most = lines / seconds, lines / sum(twin.seconds for twin in limit)
    return f"{name}: ours={ours:,.0f} lines/s limit={most:,.0f} lines/s ratio={ours / most:.2f}"
