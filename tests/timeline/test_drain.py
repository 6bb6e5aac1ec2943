from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, Error, IntegrityError, connection

from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.events import CustomerJoined, NoteWritten
from timeline import drain as drain_module
from timeline import registry
from timeline.drain import ATTEMPTS, drain_workspace, is_the_databases, lock_cursors, replay
from timeline.models import Cursor, DeadLetter, Event
from timeline.recording import record, record_many, record_select
from timeline.registry import subscribe

Drained = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _only_our_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_subscribers", {})


def listening(*kinds: type[registry.EventBody], batch_size: int = 1000) -> list[int]:
    """The ids that a new subscriber is handed, in order."""
    heard: list[int] = []

    @subscribe(*kinds, batch_size=batch_size)
    def listen(events: Sequence[Event]) -> None:
        heard.extend(event.pk for event in events)

    return heard


def joined(customer_id: int = 1) -> CustomerJoined:
    return CustomerJoined(customer_id=customer_id, source="test")


def test_events_reach_their_subscriber_once_and_in_order(workspace: Workspace, drained: Drained) -> None:
    heard = listening(CustomerJoined)

    with drained():
        expected = [record(joined()).pk for _ in range(3)]
    with drained():
        pass

    assert heard == expected


def test_a_subscriber_hears_only_its_own_kinds(workspace: Workspace, drained: Drained) -> None:
    heard = listening(NoteWritten)

    with drained():
        record(joined())
        note = record(NoteWritten(customer_id=1, note_id=5))

    assert heard == [note.pk]


def test_a_subscriber_with_nothing_to_hear_for_is_not_read_to(workspace: Workspace, drained: Drained) -> None:
    heard: list[int] = []
    wanted: list[int] = []

    @subscribe(when=lambda: bool(wanted))
    def listen(events: Sequence[Event]) -> None:
        heard.extend(event.pk for event in events)

    with drained():
        record(joined())
    wanted.append(1)
    with drained():
        later = record(joined())

    assert heard == [later.pk]


def test_batches_smaller_than_the_news_take_several_turns(workspace: Workspace, drained: Drained) -> None:
    heard = listening(batch_size=2)

    with drained():
        record_many([joined(n) for n in range(5)])

    assert heard == sorted(Event.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("count", [3, 250])
def test_record_many_keeps_the_order_and_the_payload(workspace: Workspace, count: int) -> None:
    assert record_many([CustomerJoined(customer_id=n, source=f"s{n}") for n in range(count)]) == count

    rows = Event.objects.order_by("pk").values_list("customer_id", "payload", "actor")
    assert list(rows) == [(n, {"source": f"s{n}"}, "system") for n in range(count)]


def test_record_select_records_without_the_rows_leaving_postgres(workspace: Workspace) -> None:
    count = record_select(
        CustomerJoined,
        "select n as customer_id, now() as occurred_at, 'import' as source from generate_series(1, %s) n",
        [4],
    )

    assert count == 4
    assert [event.load().payload() for event in Event.objects.all()] == [{"source": "import"}] * 4


def test_one_poison_event_is_set_aside_and_blocks_nobody(workspace: Workspace, drained: Drained) -> None:
    heard: list[int] = []

    @subscribe(CustomerJoined)
    def choke_on_seven(events: Sequence[Event]) -> None:
        if any(event.customer_id == 7 for event in events):
            raise ValueError("seven")
        heard.extend(event.customer_id or 0 for event in events)

    with drained():
        record_many([joined(n) for n in range(1, 11)])

    assert sorted(heard) == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    letter = DeadLetter.objects.get()
    assert (letter.attempts, letter.error) == (1, "ValueError: ValueError('seven')")


def test_a_poison_event_is_parked_after_its_attempts_and_can_be_replayed(
    workspace: Workspace, drained: Drained
) -> None:
    is_mended = False

    @subscribe(CustomerJoined)
    def choke(events: Sequence[Event]) -> None:
        if not is_mended:
            raise ValueError("broken")

    with drained():
        record(joined())
    letter = DeadLetter.objects.get()
    for _ in range(ATTEMPTS - 1):
        replay(letter)

    letter = DeadLetter.objects.parked().get()
    assert letter.attempts == ATTEMPTS
    is_mended = True
    assert replay(letter)
    assert DeadLetter.objects.parked().count() == 0


def test_what_a_failing_subscriber_wrote_is_undone(workspace: Workspace, drained: Drained) -> None:
    @subscribe(CustomerJoined)
    def write_then_fail(events: Sequence[Event]) -> None:
        record(NoteWritten(customer_id=1, note_id=1))
        raise ValueError("after writing")

    with drained():
        record(joined())

    assert Event.objects.filter(kind="NoteWritten").count() == 0


def test_recording_rings_the_doorbell_once_for_a_transaction(workspace: Workspace) -> None:
    record(joined())
    record(joined())

    assert Doorbell.objects.filter(workspace=workspace, queue="timeline").count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_cursor_moves_to_the_horizon_when_nothing_matched() -> None:
    bakery = Workspace.objects.create(name="Bakery", slug="bakery")
    listening(NoteWritten)
    with workspace_scope(bakery):
        newest = record(joined())

    drain_workspace(bakery)

    with workspace_scope(bakery):
        newest.refresh_from_db()
        assert Cursor.objects.get().tx >= newest.tx


@pytest.mark.parametrize("idle", [1, 3])
def test_who_has_no_news_costs_nothing(
    workspace: Workspace, drained: Drained, idle: int, django_assert_num_queries: Any
) -> None:
    for number in range(idle):
        name = f"idle {number}"
        registry._subscribers[name] = registry.Subscriber(name, (NoteWritten.kind,), refuse, 1000, lambda: True)
    with drained():
        record(joined())

    with django_assert_num_queries(9):
        assert drain_workspace(workspace) == 0
    assert Cursor.objects.filter(tx__gt=0).count() == idle


def test_with_more_news_than_are_looked_at_everybody_is_asked(
    workspace: Workspace, drained: Drained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain_module, "NEWS", 2)
    heard = listening(NoteWritten)

    with drained():
        for _ in range(3):
            record(joined())
        note = record(NoteWritten(customer_id=1, note_id=5))

    assert heard == [note.pk]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_cursor_that_another_worker_has_is_not_passed_over() -> None:
    bakery = Workspace.objects.create(name="Bakery", slug="bakery")
    heard = listening(CustomerJoined)
    drain_workspace(bakery)
    with workspace_scope(bakery):
        news = record(joined()).pk

    with ThreadPoolExecutor(1) as other, workspace_scope(bakery):
        assert [*lock_cursors()] == [heard_by()]
        assert other.submit(from_another_connection, bakery).result() == 0
        assert heard == []

    assert drain_workspace(bakery) == 1
    assert heard == [news]


def refuse(events: Sequence[Event]) -> None:
    raise AssertionError(events)


def heard_by() -> str:
    (each,) = registry.subscribers()
    return each.name


def from_another_connection(workspace: Workspace) -> int:
    try:
        return drain_workspace(workspace)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "error", [DatabaseError("server closed the connection unexpectedly"), Error(), IntegrityError()]
)
def test_only_an_error_without_a_code_or_kind_is_the_databases(error: Exception, workspace: Workspace) -> None:
    assert is_the_databases(error) == (type(error) is DatabaseError)


@pytest.mark.parametrize(("code", "sets_aside"), [("P0001", 1), ("23514", 1), ("57P05", 0), ("08006", 0), ("40001", 0)])
def test_the_code_of_an_error_says_whose_fault_it_is(
    code: str, sets_aside: int, workspace: Workspace, drained: Drained
) -> None:
    @subscribe(CustomerJoined)
    def fail(events: Sequence[Event]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"do $$ begin raise exception 'no' using errcode = '{code}'; end $$")

    with suppress(Error), drained():
        record(joined())

    assert DeadLetter.objects.count() == sets_aside


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_server_that_is_cut_off_makes_no_dead_letter() -> None:
    bakery = Workspace.objects.create(name="Bakery", slug="bakery")
    heard: list[int] = []

    @subscribe(CustomerJoined)
    def lose_the_connection_once(events: Sequence[Event]) -> None:
        if not heard:
            heard.append(0)
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        heard.extend(event.customer_id or 0 for event in events)

    with workspace_scope(bakery):
        record_many(joined(n) for n in (1, 2, 3))

    with pytest.raises(Error):
        drain_workspace(bakery)
    connection.close()
    drain_workspace(bakery)

    assert heard == [0, 1, 2, 3]
    with workspace_scope(bakery):
        assert DeadLetter.objects.count() == 0


def test_what_failed_is_tried_again_when_its_time_has_come(workspace: Workspace, drained: Drained) -> None:
    heard: list[int] = []
    is_mended = False

    @subscribe(CustomerJoined)
    def choke(events: Sequence[Event]) -> None:
        if not is_mended:
            raise ValueError("broken")
        heard.extend(event.pk for event in events)

    with drained():
        event = record(joined())
    is_mended = True
    with drained():
        record(NoteWritten(customer_id=1, note_id=1))
    assert heard == []
    DeadLetter.objects.update(retry_at=DeadLetter.objects.get().failed_at)
    with drained():
        record(NoteWritten(customer_id=1, note_id=2))

    assert heard == [event.pk]
    assert DeadLetter.objects.get().settled_at is not None
