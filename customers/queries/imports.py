from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR
from customers.contracts import consent_basis
from customers.models import Import, ImportRow

BATCH = 1000


@dataclass(frozen=True)
class Unreachable:
    """How many of a file's lines will get nothing on a topic."""

    topic: str
    count: int


def imports_for_list() -> QuerySet[Import]:
    return Import.objects.select_related("created_by")


def unstarted_imports() -> QuerySet[Import]:
    """Those whose columns can still be chosen."""
    states = Import.State
    return imports_for_list().filter(state__in=[states.UPLOADED, states.CHECKING, states.READY])


def first_rows(source: Import, *, count: int = 20) -> list[ImportRow]:
    return list(ImportRow.objects.filter(source=source).order_by("line", "pk")[:count])


def earlier_imports_of(source: Import) -> QuerySet[Import]:
    """Of the very same file: all that it says is in already."""
    return Import.objects.filter(kind=source.kind, file_hash=source.file_hash, state=Import.State.DONE).order_by(
        "-ended_at"
    )[:1]


def unreachable(source: Import) -> list[Unreachable]:
    """What the check counted for each topic; before it, or without topics, only who has no address."""
    basis = consent_basis()
    if basis is None or "without_address" not in source.findings:
        return []
    return [
        Unreachable(topic.label, source.findings.get(f"unreachable:{topic.key}", source.rows_total))
        for topic in basis.topics()
    ]


def refusal_lines(import_id: int, cursor: str) -> tuple[list[list[str]], str | None]:
    """A batch for the download, and where the next one begins."""
    rows = ImportRow.objects.filter(source=import_id, pk__gt=int(cursor or 0)).order_by("pk")[:BATCH]
    lines = [
        [str(row.line), _("Refused") if row.is_refused else _("Taken"), row.column, row.reason, *row.raw]
        for row in rows
    ]
    return lines, str(rows[len(rows) - 1].pk) if len(rows) == BATCH else None


def next_import_work_at() -> datetime | None:
    """When a worker should look again: now for what waits, at its end for what another has, later for what is kept."""
    now = timezone.now()
    waiting = [
        leased_until or now for leased_until in Import.objects.under_way().values_list("leased_until", flat=True)
    ]
    unstarted = Import.objects.filter(ended_at=None, started_at=None).aggregate(at=Min("created_at"))["at"]
    kept = Import.objects.filter(rows__isnull=False).aggregate(at=Min("ended_at"))["at"]
    later = [unstarted + UNSTARTED_FOR] if unstarted else []
    later += [kept + KEPT_ROWS_FOR] if kept else []
    return min(waiting + later, default=None)
