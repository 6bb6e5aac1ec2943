from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Doorbell, Workspace
from accounts.scope import current_workspace, workspace_scope
from customers import imports
from customers.actions.imports import (
    ImportRefused,
    cancel_import,
    plan_import,
    read_import_anew,
    start_import,
)
from customers.actions.upsert import CustomerRow, Outcome, upsert_customers
from customers.importing import running
from customers.importing.reading import Layout
from customers.importing.running import LEASE, Passage, claim_import, run_due_imports
from customers.models import Customer, Import, ImportRow
from customers.queries.imports import next_import_work_at
from customers.tasks import run_imports
from tests.customers.imports.files import counts, imported, plan, planned, uploaded, worked
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

LINES = ("id,Name", *(f"{n},Customer {n}" for n in range(1, 1001)))


class Killed(BaseException):
    """As `kill -9` ends a worker: nothing of it runs any more."""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST_CHUNK", "_SMALLEST_CHUNK", "LARGEST_CHUNK"):
        monkeypatch.setattr(running, name, 100)


def dying_after(monkeypatch: pytest.MonkeyPatch, batches: int, error: type[BaseException]) -> None:
    left = [batches]

    def upsert(rows: Sequence[CustomerRow], **options: Any) -> list[Outcome]:
        outcomes = upsert_customers(rows, **options)
        left[0] -= 1
        if left[0] < 0:
            raise error("after the batch was written, before it is committed")
        return outcomes

    monkeypatch.setattr(imports, "upsert_customers", upsert)


def run_and_die(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    with monkeypatch.context() as patched:
        dying_after(patched, batches, Killed)
        with pytest.raises(Killed):
            run_due_imports(current_workspace())


def lapse_leases() -> None:
    Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_killed_import_goes_on_where_it_was_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    source = start_import(planned(uploaded(*LINES)))

    for batches in (3, 2, 0):
        run_and_die(monkeypatch, batches)
        lapse_leases()
    source.refresh_from_db()
    assert (source.rows_read, Customer.objects.count()) == (500, 500)
    worked(source)

    assert (source.state, counts(source), source.rows_read) == ("done", (1000, 0, 0, 0), 1000)
    assert Customer.objects.count() == 1000
    assert Event.objects.filter(kind="CustomerJoined").count() == 1000


def test_an_import_that_another_worker_has_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    source = start_import(planned(uploaded(*LINES)))
    run_and_die(monkeypatch, 1)

    assert claim_import(current_workspace()) is None
    assert next_import_work_at() == Import.objects.get().leased_until
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1), tick=False):
        claimed = claim_import(current_workspace())
        assert claimed == source
        assert claim_import(current_workspace()) is None


def test_a_worker_whose_lease_another_one_took_writes_nothing_more() -> None:
    source = start_import(planned(uploaded(*LINES)))
    slow = claim_import(current_workspace())
    assert slow is not None
    Import.objects.update(lease="another", leased_until=timezone.now() + LEASE)

    Passage(current_workspace(), slow).run(over_at=float("inf"))

    source.refresh_from_db()
    assert (source.state, source.rows_read, Customer.objects.count()) == ("running", 0, 0)


def test_cancelled_in_the_middle_it_says_what_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    source = start_import(planned(uploaded(*LINES)))
    run_and_die(monkeypatch, 3)
    lapse_leases()

    cancel_import(source)
    worked(source)

    assert (source.state, source.rows_read, source.rows_created) == ("cancelled", 300, 300)
    assert Customer.objects.count() == 300
    assert Event.objects.get(kind="ImportCancelled").payload == {"import_id": source.pk, "rows_read": 300}
    assert cancel_import(source) == source
    assert source.file.name == ""


def test_a_turn_ends_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    source = start_import(planned(uploaded(*LINES)))

    for turn in range(1, 4):
        claimed = claim_import(current_workspace())
        assert claimed is not None
        Passage(current_workspace(), claimed).run(over_at=0)
        source.refresh_from_db()
        assert (source.rows_read, source.leased_until) == (turn * 100, None)

    assert worked(source).rows_created == 1000


def test_what_fails_on_our_side_is_tried_again_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    source = start_import(planned(uploaded(*LINES)))
    dying_after(monkeypatch, 2, ValueError)

    for _ in range(6):
        run_due_imports(current_workspace())
        lapse_leases()

    source.refresh_from_db()
    assert (source.state, Customer.objects.count()) == ("failed", 200)
    assert source.error == "Something went wrong on our side after 200 lines. What came before is in."


def test_a_file_that_is_gone_fails_with_words() -> None:
    source = start_import(planned(uploaded(*LINES)))
    default_storage.delete(str(source.file.name))

    worked(source)

    assert (source.state, source.error) == ("failed", "The uploaded file is no longer there. Upload it again.")


def test_events_are_told_by_who_started_it() -> None:
    source = imported(*LINES[:2])

    joined = Event.objects.get(kind="CustomerJoined")
    completed = Event.objects.get(kind="ImportCompleted")
    assert {joined.actor, completed.actor} == {f"user:{source.created_by_id}"}
    assert completed.payload == {"import_id": source.pk, "rows_created": 1, "rows_refused": 0}


def test_starting_twice_starts_once_and_what_has_ended_cannot_start() -> None:
    source = planned(uploaded(*LINES[:2]))
    start_import(source)
    start_import(source)
    assert Event.objects.filter(kind="ImportStarted").count() == 1

    worked(source)
    with pytest.raises(ImportRefused, match="Done"):
        start_import(source)
    with pytest.raises(ImportRefused, match="Done"):
        plan_import(source, plan=plan(source))


def test_planned_anew_it_is_checked_anew_and_an_old_check_stops() -> None:
    source = planned(uploaded("id,Name", "1,Ann", "2,"))
    assert source.rows_total == 2
    plan_import(source, plan=plan(source))
    checking = claim_import(current_workspace())
    assert checking is not None
    plan_import(source, plan=plan(source))

    Passage(current_workspace(), checking).run(over_at=float("inf"))

    source.refresh_from_db()
    assert (source.state, source.rows_read) == ("checking", 0)


def test_another_layout_is_guessed_anew() -> None:
    source = uploaded("a;b", "1;2")

    source = read_import_anew(source, layout=Layout("utf-8", ",", has_header=False))

    assert (source.state, plan(source).columns) == ("uploaded", ["Column 1"])


def test_another_workspace_s_imports_are_not_touched(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = uploaded("id,Name", "1,Ann")
        plan_import(theirs, plan=plan(theirs))

    run_due_imports(current_workspace())

    with workspace_scope(other_workspace):
        assert Import.objects.get().state == "checking"
    assert Import.objects.count() == 0


def test_the_task_works_off_what_is_due_and_rings_for_the_rest(workspace: Workspace) -> None:
    source = start_import(planned(uploaded(*LINES)))
    assert Doorbell.objects.filter(queue="imports", due_at__lte=timezone.now()).exists()

    run_imports.apply(headers={"rapport_workspace": workspace.pk})

    source.refresh_from_db()
    assert source.state == "done"
    bell = Doorbell.objects.get(queue="imports")
    assert bell.due_at > timezone.now() + timedelta(days=29)


def test_refused_lines_are_counted_beyond_those_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_KEPT_ROWS", 150)
    source = imported("id,E-Mail", *(f"{n},bad" for n in range(400)))

    assert source.rows_refused == 400
    assert ImportRow.objects.count() == 150
