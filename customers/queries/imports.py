from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scope import current_workspace_id
from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR
from customers.contracts import consent_basis
from customers.importing.plans import plan_of
from customers.models import Customer, ExternalId, Import, ImportRow
from customers.staging import fetch

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


def rows_about(customer: Customer, *, even_by_name: bool) -> QuerySet[ImportRow]:
    """Kept lines in which the customer's address stands, or one of their numbers where the file has customer numbers.

    With `even_by_name` also those with their name or the end of their phone number, which somebody else may share.
    """
    sources = Import.objects.filter(rows__isnull=False).distinct()
    numbered = [(source.pk, at) for source in sources if (at := _number_column(source)) is not None]
    found = fetch(
        """with line as (
             select r.id, r.raw ->> number.at as number, array(select jsonb_array_elements_text(r.raw)) as cells
             from customers_importrow r
             left join unnest(%(sources)s::bigint[], %(columns)s::int[]) as number(source_id, at) using (source_id)
             where r.workspace_id = %(workspace)s
           ) select id from line, lower(array_to_string(cells, ' ')) as words
           where btrim(number) = any(%(numbers)s)
              or (%(address)s <> '' and strpos(words, %(address)s) > 0)
              or (%(name)s <> '' and strpos(words, lower(%(name)s)) > 0)
              or (%(phone)s <> '' and exists (
                select from unnest(cells) cell where right(regexp_replace(cell, '[^0-9]', '', 'g'), 8) = %(phone)s))""",
        {
            "workspace": current_workspace_id(),
            "sources": [pk for pk, _ in numbered],
            "columns": [at for _, at in numbered],
            "numbers": list(ExternalId.objects.filter(customer=customer).values_list("value", flat=True)),
            "address": customer.email_norm,
            "name": customer.name if even_by_name else "",
            "phone": customer.phone_norm[-8:] if even_by_name else "",
        },
    )
    return ImportRow.objects.filter(pk__in=[pk for (pk,) in found])


def _number_column(source: Import) -> int | None:
    """Where customers' numbers stand, in a file of customers or of orders."""
    plan = plan_of(source.reading)
    return next((at for at, name in enumerate(plan.fields) if name in {"external_id", "customer_external_id"}), None)
