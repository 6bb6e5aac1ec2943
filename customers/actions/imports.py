"""What a person does with an import, and what becomes of it. The work itself is in `customers.importing.running`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.doorbells import ring
from accounts.models import User
from customers.contracts import importers
from customers.events import ImportCancelled, ImportCompleted, ImportStarted
from customers.importing.mapping import guess_fields, guess_formats
from customers.importing.plans import ImportPlan, reading_of
from customers.importing.reading import Bytes, FileRefused, Layout, head_of
from customers.importing.sniffing import sniff
from customers.models import Import, ImportRow
from customers.refusals import Refused
from timeline.recording import record

QUEUE = "imports"
KEPT_ROWS_FOR = timedelta(days=30)
"""How long the lines of an import that was refused can be downloaded: they are personal data."""

UNSTARTED_FOR = timedelta(days=7)
SAMPLE = 1000
"""Records from which columns and formats are guessed."""


class ImportRefused(Refused):
    """What was asked for does not go with the state that the import is in."""


@transaction.atomic
def upload_import(*, kind: str, upload: File[bytes], created_by: User) -> Import:
    """Keep a file, with a first guess at how to read it. Raises FileRefused."""
    sniffed = sniff(upload)
    plan = plan_for(upload, kind, sniffed.layout)
    upload.seek(0)
    source = Import(
        kind=kind,
        file_name=(upload.name or "file.csv")[-255:],
        file_hash=sniffed.sha256,
        file_size=sniffed.size,
        reading=reading_of(plan),
        created_by=created_by,
    )
    _keep(source, upload)
    source.save()
    ring(QUEUE, due_at=timezone.now() + UNSTARTED_FOR)
    return source


def _keep(source: Import, upload: File[bytes]) -> None:
    """Where the disk is full, nothing stays of what was written until then."""
    storage, name = source.file.storage, source.file.field.generate_filename(source, source.file_name)
    try:
        source.file = storage.save(name, upload)
    except OSError:
        storage.delete(name)
        raise


def plan_for(file: Bytes, kind: str, layout: Layout, *, version: int = 0) -> ImportPlan:
    """Everything guessed anew for this layout. Raises FileRefused."""
    head = head_of(file, layout, count=SAMPLE)
    if not head.records:
        raise FileRefused(_("There is only one line in this file. Export it again, with the lines below the names."))
    known = importers()[kind].fields
    fields = guess_fields(head, known)
    day_order, decimal_sign = guess_formats(head, fields, known)
    return ImportPlan(
        layout=layout,
        columns=head.columns,
        fields=fields,
        day_order=day_order,
        decimal_sign=decimal_sign,
        version=version,
    )


@transaction.atomic
def read_import_anew(source: Import, *, layout: Layout) -> Import:
    """Read the file in another encoding, by another delimiter, or with another first line. Raises FileRefused."""
    source = _locked(source, Import.State.UPLOADED, Import.State.CHECKING, Import.State.READY)
    with source.file.open("rb") as file:
        plan = plan_for(file, source.kind, layout, version=source.reading["version"] + 1)
    return _replan(source, plan, Import.State.UPLOADED)


@transaction.atomic
def plan_import(source: Import, *, plan: ImportPlan) -> Import:
    """Settle what each column holds; a worker then checks every line. Raises ImportRefused."""
    source = _locked(source, Import.State.UPLOADED, Import.State.CHECKING, Import.State.READY)
    ring(QUEUE)
    return _replan(source, plan, Import.State.CHECKING)


def _replan(source: Import, plan: ImportPlan, state: Import.State) -> Import:
    ImportRow.objects.filter(source=source).delete()
    source.reading, source.state, source.error = reading_of(plan), state, ""
    _begin_anew(source)
    source.save()
    return source


def _begin_anew(source: Import) -> None:
    """From the first line; a worker that is still on the way with an older plan notices at its next portion."""
    source.lease, source.leased_until, source.cancel_asked_at, source.failures = "", None, None, 0
    source.rows_read = source.rows_created = source.rows_updated = source.rows_unchanged = 0
    source.rows_refused = source.rows_warned = source.bytes_read = 0


@transaction.atomic
def start_import(source: Import) -> Import:
    """Let a worker take the lines in. Starting what runs already changes nothing. Raises ImportRefused."""
    source = _locked(source, Import.State.READY, Import.State.RUNNING)
    if source.state == Import.State.RUNNING:
        return source
    ImportRow.objects.filter(source=source).delete()
    _begin_anew(source)
    source.state, source.started_at = Import.State.RUNNING, timezone.now()
    source.save()
    record(ImportStarted(customer_id=None, import_id=source.pk))
    ring(QUEUE)
    return source


@transaction.atomic
def cancel_import(source: Import) -> Import:
    """Stop before the next portion; what is in stays in. What has not started is thrown away. Twice changes nothing."""
    source = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    if source.has_ended:
        return source
    if source.state == Import.State.RUNNING:
        source.cancel_asked_at = source.cancel_asked_at or timezone.now()
        source.save(update_fields=["cancel_asked_at"])
        ring(QUEUE)
        return source
    return stop_import(source)


@transaction.atomic
def stop_import(source: Import) -> Import:
    """End it here, as somebody asked."""
    record(ImportCancelled(customer_id=None, import_id=source.pk, rows_read=source.rows_read))
    return _end(source, Import.State.CANCELLED)


@transaction.atomic
def refuse_file(source: Import, reason: str) -> Import:
    """The file can't be read any further. Before the start the columns can be chosen anew; afterwards it has failed."""
    source = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    source.error = reason
    if source.state == Import.State.RUNNING:
        return _end(source, Import.State.FAILED)
    source.state, source.lease, source.leased_until = Import.State.UPLOADED, "", None
    source.save()
    return source


@transaction.atomic
def finish_pass(source: Import) -> Import:
    """The end of the file: of the check, whose counts are kept to be told, or of the import."""
    source = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    if source.state == Import.State.CHECKING:
        source.rows_total = source.rows_read
        source.state, source.lease, source.leased_until = Import.State.READY, "", None
        source.save()
        return source
    record(
        ImportCompleted(
            customer_id=None,
            import_id=source.pk,
            rows_created=source.rows_created,
            rows_refused=source.rows_refused,
        )
    )
    return _end(source, Import.State.DONE)


def _end(source: Import, state: Import.State) -> Import:
    """The file goes as soon as this is committed; its refused lines stay for KEPT_ROWS_FOR."""
    name = source.file.name
    source.state, source.ended_at = state, timezone.now()
    source.lease, source.leased_until, source.file, source.erased = "", None, "", []
    source.save()
    transaction.on_commit(partial(source.file.storage.delete, name))
    ring(QUEUE, due_at=source.ended_at + KEPT_ROWS_FOR)
    return source


@transaction.atomic
def forget_imports(*, now: datetime) -> int:
    """Throw away what was never started, and refused lines whose time is over. Returns of how many imports."""
    unstarted = Import.objects.filter(ended_at=None, started_at=None, created_at__lt=now - UNSTARTED_FOR)
    stale = list(unstarted.select_for_update(of=("self",)))
    for source in stale:
        stop_import(source)
    old = Import.objects.filter(ended_at__lt=now - KEPT_ROWS_FOR, rows__isnull=False).distinct()
    forgotten = list(old.values_list("pk", flat=True))
    ImportRow.objects.filter(source__in=forgotten).delete()
    return len(stale) + len(forgotten)


def _locked(source: Import, *states: Import.State) -> Import:
    source = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    if source.state not in states:
        raise ImportRefused(
            _("This import can't be changed any more. Its state is: %(state)s.") % {"state": source.get_state_display()}
        )
    return source
