"""Files as people have them, and the way they go."""

from __future__ import annotations

import io
from typing import Any

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Workspace
from accounts.scope import current_workspace
from customers.actions.imports import plan_import, start_import, upload_import
from customers.importing.plans import ImportPlan, plan_of
from customers.importing.running import run_due_imports
from customers.models import Import, ImportRow
from tests.factories.accounts import UserFactory


def csv_file(*lines: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO("\r\n".join([*lines, ""]).encode(encoding))


def uploaded(*lines: str, kind: str = "customers", encoding: str = "utf-8", name: str = "file.csv") -> Import:
    content = csv_file(*lines, encoding=encoding).read()
    return upload_import(kind=kind, upload=SimpleUploadedFile(name, content), created_by=UserFactory())


def planned(source: Import, **changes: Any) -> Import:
    """As it was guessed, but for the changes; checked by a worker."""
    plan = msgspec.structs.replace(plan_of(source.reading), **changes)
    return worked(plan_import(source, plan=plan))


def imported(
    *lines: str, kind: str = "customers", encoding: str = "utf-8", name: str = "file.csv", **changes: Any
) -> Import:
    """Uploaded, planned, checked and carried out."""
    source = planned(uploaded(*lines, kind=kind, encoding=encoding, name=name), **changes)
    return worked(start_import(source))


def worked(source: Import) -> Import:
    """A worker had its turn."""
    run_due_imports(current_workspace())
    source.refresh_from_db()
    return source


def plan(source: Import) -> ImportPlan:
    return plan_of(source.reading)


def counts(source: Import) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, refused."""
    return source.rows_created, source.rows_updated, source.rows_unchanged, source.rows_refused


def reasons(source: Import) -> list[tuple[int, str, str]]:
    return list(ImportRow.objects.filter(source=source).order_by("line").values_list("line", "column", "reason"))


__all__ = ["Workspace", "counts", "csv_file", "imported", "plan", "planned", "reasons", "uploaded", "worked"]
