"""Taking a file through the worker: portion by portion, each with its progress in one transaction.

Killed at any moment, it goes on after the last portion that was committed; nothing is taken twice.
"""

from __future__ import annotations

import gc
import logging
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from operator import itemgetter

import msgspec
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.imports import finish_pass, refuse_file, stop_import
from customers.actions.upsert import SHOP
from customers.contracts import RowReader, importers
from customers.importing.chunks import LARGEST_CHUNK, Chunk, Chunks, Entry, Refusal, ahead
from customers.importing.erased import cell_marks, emptied
from customers.importing.plans import ImportPlan, plan_of
from customers.importing.reading import Bytes, FileRefused, Record, printable, records
from customers.models import Import, ImportRow
from customers.outcomes import Outcome, Status
from customers.staging import insert_select, stage
from customers.upserting.known import IS_ERASED

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
TURN = 45.0
"""Seconds after which a worker gives others their turn."""

MOST_KEPT_ROWS = 100_000
"""Refused and doubtful lines that are kept of one import; those beyond are only counted."""

KeptRow = tuple[int, bool, str, str, str]
"""Line, whether it was refused, column, reason, and the cells as JSON."""

_json = msgspec.json.Encoder()
_ATTEMPTS = 5
_FIRST_CHUNK, _SMALLEST_CHUNK = 2_000, 200
_WANTED_SECONDS = 0.5


def run_due_imports(workspace: Workspace) -> None:
    """Check or carry out whatever is due, until nothing is or the turn is over."""
    over_at = time.monotonic() + TURN
    while time.monotonic() < over_at and (source := claim_import(workspace)):
        try:
            Passage(workspace, source).run(over_at=over_at)
        except FileRefused as refusal:
            with workspace_scope(workspace):
                refuse_file(source, str(refusal))
        except (OperationalError, InterfaceError):
            raise  # The database is busy or away: when the lease has run out, it is tried again.
        except Exception:
            log.exception("import %s failed after line %s", source.pk, source.rows_read)
            with workspace_scope(workspace):
                count_failure(source)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Python looks for cycles after every 700 new objects; rows have none, and it took an eighth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def claim_import(workspace: Workspace) -> Import | None:
    """An import that is under way and that no living worker has. It is ours until the lease runs out."""
    with workspace_scope(workspace):
        free = Import.objects.under_way().exclude(leased_until__gt=timezone.now())
        source = free.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
        if source is not None:
            source.lease, source.leased_until = secrets.token_hex(16), timezone.now() + LEASE
            source.save(update_fields=["lease", "leased_until"])
        return source


def count_failure(source: Import) -> None:
    """The lease stays, so the next attempt comes after a pause; the last one gives up."""
    source = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    source.failures += 1
    source.save(update_fields=["failures"])
    if source.failures >= _ATTEMPTS:
        refuse_file(
            source, f"Something went wrong on our side after {source.rows_read:,} lines. What came before is in."
        )


class Passage:
    """One worker's turn with one import: a check, which writes nothing about customers, or the import itself."""

    def __init__(self, workspace: Workspace, source: Import) -> None:
        self._workspace = workspace
        self._source = source
        self._actor = f"user:{source.created_by_id}" if source.created_by_id else None
        self._plan: ImportPlan = plan_of(source.reading)
        self._size = _FIRST_CHUNK
        with workspace_scope(workspace):
            self._reader: RowReader = importers()[source.kind].reader(source, self._plan)

    def run(self, *, over_at: float) -> None:
        try:
            file = self._source.file.open("rb")
        except FileNotFoundError as error:
            raise FileRefused(_("The uploaded file is no longer there. Upload it again.")) from error
        with file, seldom_collecting():
            if self._take(file, over_at=over_at):
                with workspace_scope(self._workspace, actor=self._actor):
                    finish_pass(self._source)

    def _take(self, file: Bytes, *, over_at: float) -> bool:
        """Whether the end of the file was reached."""
        chunks = Chunks(records(file, self._plan.layout), self._reader, width=len(self._plan.columns))
        chunks.skip(self._source.rows_read)
        with closing(ahead(chunks.read(lambda: self._size))) as portions:
            for chunk in portions:
                started_at = time.monotonic()
                if not self._commit(chunk, bytes_read=file.tell(), is_last=started_at > over_at):
                    return False
                self._adapt(len(chunk.entries), time.monotonic() - started_at)
        return True

    def _adapt(self, entries: int, seconds: float) -> None:
        """Any transaction that writes holds back every workspace's subscribers, so it must be short."""
        rate = max(entries, 1) / max(seconds, 0.001)
        self._size = max(_SMALLEST_CHUNK, min(LARGEST_CHUNK, int(rate * _WANTED_SECONDS), self._size * 2))

    def _commit(self, chunk: Chunk, *, bytes_read: int, is_last: bool) -> bool:
        """Write one portion and how far it brings us. Whether to go on: not if it was cancelled, or is another's."""
        with workspace_scope(self._workspace, actor=self._actor):
            source = Import.objects.select_for_update(of=("self",)).get(pk=self._source.pk)
            if source.lease != self._source.lease or not source.is_under_way:
                return False
            if source.cancel_asked_at is not None:
                stop_import(source)
                return False
            self._refuse_erased(source, chunk)
            outcomes = self._write(source, chunk)
            self._keep(source, chunk, outcomes)
            source.rows_read += chunk.records
            source.bytes_read, source.failures = bytes_read, 0
            source.leased_until = None if is_last else timezone.now() + LEASE
            source.save()
        self._source = source
        return not is_last

    def _refuse_erased(self, source: Import, chunk: Chunk) -> None:
        """Nobody who was erased since the upload comes back by a line, nor stays among the kept ones."""
        if not source.erased:
            return
        erased, entries = frozenset(source.erased), chunk.entries
        chunk.entries = []
        for entry in entries:
            if erased.isdisjoint(self._reader.marks(entry.row)):
                chunk.entries.append(entry)
            else:
                chunk.refusals += [Refusal(emptied(record), "", str(IS_ERASED)) for record in entry.records]
        system = self._plan.system or SHOP
        for refusal in chunk.refusals:
            if not erased.isdisjoint(cell_marks(refusal.record.cells, system=system)):
                refusal.record = emptied(refusal.record)

    def _write(self, source: Import, chunk: Chunk) -> list[Outcome | None]:
        rows = [entry.row for entry in chunk.entries]
        if source.state == Import.State.CHECKING:
            source.findings = _summed(source.findings, self._reader.study(rows) if rows else {})
            return [None] * len(rows)
        outcomes = self._reader.write(rows) if rows else []
        told = Counter(outcome.status for outcome in outcomes)
        source.rows_created += told[Status.CREATED]
        source.rows_updated += told[Status.UPDATED]
        source.rows_unchanged += told[Status.UNCHANGED] + told[Status.REPEATED]
        return list(outcomes)

    def _keep(self, source: Import, chunk: Chunk, outcomes: Iterable[Outcome | None]) -> None:
        """The lines that were refused or are doubtful, with what they said."""
        source.rows_refused += len(chunk.refusals)
        kept = [self._row(each.record, each.field, each.reason) for each in chunk.refusals]
        for entry, outcome in zip(chunk.entries, outcomes, strict=True):
            if outcome is not None and outcome.status is Status.REFUSED:
                kept += [self._row(record, outcome.field, outcome.reason) for record in entry.records]
                source.rows_refused += len(entry.records)
            elif entry.warnings or (outcome is not None and outcome.warning):
                kept.append(self._row(entry.records[0], "", _warning(entry, outcome), is_refused=False))
                source.rows_warned += 1
        room = MOST_KEPT_ROWS - (source.rows_refused + source.rows_warned - len(kept))
        keep_rows(source, sorted(kept, key=itemgetter(0))[: max(room, 0)])

    def _row(self, record: Record, field: str, reason: str, *, is_refused: bool = True) -> KeptRow:
        at = self._plan.position(field)
        column = self._plan.columns[at] if at is not None else ""
        return record.line, is_refused, column, reason[:500], _json.encode(printable(record.cells)).decode()


def keep_rows(source: Import, rows: Sequence[KeptRow]) -> None:
    if rows:
        stage("staged_import_rows", "line bigint, is_refused boolean, column_name text, reason text, raw jsonb", rows)
        insert_select(
            ImportRow,
            {"line": "line", "is_refused": "is_refused", "column": "column_name", "reason": "reason", "raw": "raw"},
            "staged_import_rows order by line",
            constants={"source_id": source.pk},
        )


def _summed(found: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: found.get(name, 0) + more.get(name, 0) for name in {**found, **more}}


def _warning(entry: Entry, outcome: Outcome | None) -> str:
    return " ".join([*entry.warnings, *([outcome.warning] if outcome and outcome.warning else [])])
