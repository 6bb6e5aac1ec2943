"""Handing events to subscribers: each event to each subscriber once, in commit order, a batch at a time.

The subscriber's effects and its cursor move in one transaction, so a crash between them cannot happen. See ADR 0002.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection, transaction
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThanOrEqual
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from timeline.horizon import Position, horizon
from timeline.models import Cursor, DeadLetter, Event
from timeline.registry import Subscriber, subscriber, subscribers

log = logging.getLogger(__name__)

ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=30)
# Events that a drain looks at to know for whom they are. With more of them, everybody may as well look by themselves.
NEWS = 1000
# SQLSTATE's classes of lost connections, and of an operator's (or a crash's) intervention.
CODES_OF_AN_ABSENCE = {"08", "57"}


def drain_workspace(workspace: Workspace) -> int:
    """Bring every subscriber of the workspace up to the horizon, one transaction per batch. Returns how many events."""
    total = 0
    for _ in range(2):  # what subscribers record is news to others
        with workspace_scope(workspace):
            waiting = pass_over_the_idle()
        received = sum(drain_batches(workspace, each) for each in waiting)
        total += received
        if not received:
            break
    return total


def drain_batches(workspace: Workspace, each: Subscriber) -> int:
    total = 0
    while True:
        with workspace_scope(workspace):
            received = drain(each)
        total += received
        if received < each.batch_size:
            return total


def pass_over_the_idle() -> list[Subscriber]:
    """Move the cursors that have nothing before them to the horizon, all at once. Returns the other subscribers.

    Most events concern few subscribers: a transaction for each of the others would be most of the work. Who is locked
    is with another worker, and is left to `drain`.
    """
    cursors = lock_cursors()
    failing = {*DeadLetter.objects.due(timezone.now()).values_list("subscriber", flat=True).distinct()}
    reach = horizon()
    news = news_since(min(((each.tx, each.event_id) for each in cursors.values()), default=reach), up_to=reach)
    if len(news) == NEWS:
        return subscribers()
    idle = [
        each
        for each in subscribers()
        if (cursor := cursors.get(each.name)) and each.name not in failing and not _is_told(each, cursor, news)
    ]
    Cursor.objects.filter(pk__in=[cursors[each.name].pk for each in idle]).update(tx=reach[0], event_id=reach[1])
    return [each for each in subscribers() if each not in idle]


def lock_cursors() -> dict[str, Cursor]:
    """By subscriber, without those that another worker has."""
    names = [each.name for each in subscribers()]
    locked = Cursor.objects.select_for_update(skip_locked=True).filter(subscriber__in=names)
    cursors = {cursor.subscriber: cursor for cursor in locked}
    if len(cursors) < len(names):
        missing = [Cursor(subscriber=name) for name in names if name not in cursors]
        Cursor.objects.bulk_create(missing, ignore_conflicts=True)
        cursors = {cursor.subscriber: cursor for cursor in locked.all()}
    return cursors


def news_since(position: Position, *, up_to: Position) -> list[tuple[int, int, str]]:
    """The first events after a position, each with its own and its kind."""
    events = Event.objects.filter(*_between(position, up_to)).order_by("tx", "id")
    return list(events.values_list("tx", "id", "kind")[:NEWS])


def _is_told(each: Subscriber, cursor: Cursor, news: Sequence[tuple[int, int, str]]) -> bool:
    after = (cursor.tx, cursor.event_id)
    return any((tx, pk) > after and (not each.kinds or kind in each.kinds) for tx, pk, kind in news)


def _between(after: Position, up_to: Position) -> tuple[TupleGreaterThan, TupleLessThanOrEqual]:
    position = Tuple("tx", "id")
    return TupleGreaterThan(position, after), TupleLessThanOrEqual(position, up_to)


def drain(each: Subscriber) -> int:
    """Hand the next events to one subscriber and move its cursor, in one transaction. Returns how many."""
    cursor = lock_cursor(each)
    if cursor is None:
        return 0
    retry_dead_letters(each)
    reach = horizon()
    # Asked after the horizon was taken: what begins to want events meanwhile gets all that happen from then on.
    events = next_events(cursor, each, up_to=reach) if each.is_wanted() else []
    deliver(each, events)
    if len(events) == each.batch_size:
        reach = (events[-1].tx, events[-1].pk)
    # Else nothing more stands before the horizon: go there, or who hears of rare events reads this ground for ever.
    Cursor.objects.filter(pk=cursor.pk).update(tx=reach[0], event_id=reach[1])
    return len(events)


def lock_cursor(each: Subscriber) -> Cursor | None:
    """The subscriber's locked cursor; None if another worker has it."""
    locked = Cursor.objects.select_for_update(skip_locked=True).filter(subscriber=each.name)
    if cursor := locked.first():
        return cursor
    Cursor.objects.bulk_create([Cursor(subscriber=each.name)], ignore_conflicts=True)
    return locked.first()


def next_events(cursor: Cursor, each: Subscriber, *, up_to: Position) -> list[Event]:
    events = Event.objects.filter(*_between((cursor.tx, cursor.event_id), up_to)).order_by("tx", "id")
    if each.kinds:
        events = events.filter(kind__in=each.kinds)
    return list(events[: each.batch_size])


def deliver(each: Subscriber, events: Sequence[Event]) -> None:
    """Call the subscriber; a batch that fails is halved until the culprit is alone, and only it is set aside."""
    if not events:
        return
    try:
        with transaction.atomic():
            each.receive(events)
            # A deferred foreign key would otherwise fail at commit, where nobody can tell whose fault it was.
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate; set constraints all deferred")
    except Exception as error:
        if is_the_databases(error):
            raise
        if len(events) == 1:
            set_aside(each, events[0], error)
            return
        middle = len(events) // 2
        deliver(each, events[:middle])
        deliver(each, events[middle:])


def is_the_databases(error: Exception) -> bool:
    """A deadlock, a time-out or a server that is away says nothing about the events: all of it is tried again later.

    A server that crashes in the middle of an answer is a plain DatabaseError without a code to psycopg2.
    """
    if isinstance(error, OperationalError | InterfaceError) or _is_cut_off():
        return True
    code = getattr(error.__cause__, "pgcode", None)
    if code is None:
        return type(error) is DatabaseError
    return isinstance(error, Error) and code[:2] in CODES_OF_AN_ABSENCE


def _is_cut_off() -> bool:
    return connection.connection is None or connection.connection.closed != 0


def set_aside(each: Subscriber, event: Event, error: Exception) -> None:
    """Count one more failed attempt; after ATTEMPTS the event is parked until somebody replays it."""
    log.warning("%s could not take %s: %r", each.name, event, error)
    letter, is_new = DeadLetter.objects.get_or_create(
        subscriber=each.name,
        event_id=event.pk,
        defaults={"error": _describe(error), "failed_at": timezone.now(), "retry_at": timezone.now() + RETRY_AFTER},
    )
    if not is_new:
        letter.attempts += 1
        letter.error = _describe(error)
        letter.failed_at = timezone.now()
        letter.settled_at = None
        parked = letter.attempts >= ATTEMPTS
        letter.retry_at = None if parked else timezone.now() + RETRY_AFTER * 2**letter.attempts
        letter.save()


def retry_dead_letters(each: Subscriber) -> None:
    """Try again what failed before and is due; what succeeds is settled, what fails counts one more attempt."""
    due = DeadLetter.objects.due(timezone.now()).filter(subscriber=each.name)
    for letter in due.order_by("event_id")[: each.batch_size]:
        replay(letter)


def replay(letter: DeadLetter) -> bool:
    """Hand a dead letter's event to its subscriber again. Returns whether it was taken."""
    before = letter.attempts
    letter.settled_at, letter.retry_at = timezone.now(), None
    letter.save(update_fields=["settled_at", "retry_at"])
    deliver(subscriber(letter.subscriber), [Event.objects.get(pk=letter.event_id)])
    letter.refresh_from_db()
    return letter.attempts == before


def _describe(error: Exception) -> str:
    detail = str(error) if isinstance(error, Error) else repr(error)
    return f"{type(error).__name__}: {detail}"[:2000]
