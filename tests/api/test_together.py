"""Events told one a request, by real threads: see ADR 0009."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from accounts.models import ApiKey, Doorbell, Workspace
from accounts.scope import workspace_scope
from crm import api_together
from crm.embedded.process import wait_until
from customers.ingesting.telling import meet
from customers.models import Customer, IngestedEvent
from tests.api.conftest import ApiClient
from tests.factories.accounts import WorkspaceFactory
from tests.factories.api_keys import make_api_key
from timeline.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPTED = {"accepted": 1, "duplicates": 0, "errors": []}
KNOWN_BEFORE = {"accepted": 0, "duplicates": 1, "errors": []}


class Till:
    """A shop with a key, which knows the customer 7."""

    def __init__(self) -> None:
        self.workspace: Workspace = WorkspaceFactory()
        self.secret = make_api_key(self.workspace)
        self.key = ApiKey.objects.get(workspace=self.workspace)
        with workspace_scope(self.workspace):
            meet([("shop", "7")])

    def tell(self, call: Mapping[str, Any]) -> Any:
        client = ApiClient(self.secret)
        client.raise_request_exception = False
        try:
            return client.tell("/track", call)
        finally:
            connection.close()

    def tell_together(self, pool: ThreadPoolExecutor, calls: Sequence[Mapping[str, Any]]) -> list[Future[Any]]:
        """The first goes alone, and the others gather while it waits for the customer."""
        asked = []
        for number, call in enumerate(calls):
            asked.append(pool.submit(self.tell, call))
            assert wait_until(lambda number=number: self._gathered() == number, seconds=10)  # type: ignore[misc]
            assert wait_until(lambda: bool(sessions_that_wait()), seconds=10)
        return asked

    def _gathered(self) -> int:
        return len(api_together._tellers._waiting.get(self.secret, "x" * 99))

    @contextmanager
    def holding_the_customer(self) -> Iterator[None]:
        with workspace_scope(self.workspace):
            Customer.objects.select_for_update().get()
            yield


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as threads:
        yield threads


def track(number: int, **fields: Any) -> dict[str, Any]:
    return {"userId": "7", "event": "Trial Started", "messageId": f"m-{number}", **fields}


def told(till: Till) -> list[tuple[str, str]]:
    """Who told what, of each event of the workspace."""
    with workspace_scope(till.workspace):
        events = list(Event.objects.filter(kind="CustomEvent").order_by("pk"))
        assert IngestedEvent.objects.count() == len(events) == len({event.payload["key"] for event in events})
        return [(event.actor, event.payload["name"]) for event in events]


def sessions_that_wait() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            """select pid from pg_stat_activity
               where usename = current_user and datname = current_database() and wait_event_type = 'Lock'"""
        )
        return [pid for (pid,) in cursor.fetchall()]


def transactions(till: Till) -> int:
    with workspace_scope(till.workspace):
        return Event.objects.filter(kind="CustomEvent").values("tx").distinct().count()


def test_callers_of_two_workspaces_are_told_apart(pool: ThreadPoolExecutor) -> None:
    bakery, florist = Till(), Till()

    with bakery.holding_the_customer():
        asked = bakery.tell_together(pool, [track(n, event="Bread Baked") for n in range(6)])
        # Keys are the workspace's own: the same messageIds are news to the other.
        asked += [pool.submit(florist.tell, track(n, event="Rose Cut")) for n in range(6)]
        answers = [future.result(10) for future in asked[6:]]
    answers += [future.result(10) for future in asked[:6]]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, ACCEPTED)] * 12
    assert told(bakery) == [(f"key:{bakery.key.pk}", "Bread Baked")] * 6
    assert told(florist) == [(f"key:{florist.key.pk}", "Rose Cut")] * 6
    assert transactions(bakery) == 2, "the first by itself, and the five who gathered meanwhile"
    assert Doorbell.objects.filter(workspace=bakery.workspace, queue="timeline").count() >= 2


def test_one_refused_among_many_stops_no_other(pool: ThreadPoolExecutor, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_SECOND, settings.API_BURST = 0.001, 20
    till = Till()
    till.tell(track(0))
    calls = [track(1), track(2), track(0), track(3, userId="8"), track(6), track(6)]
    unreadable = [track(4, event=""), track(5, timestamp="9999-99-99T00:00:00Z")]

    with till.holding_the_customer():
        asked = till.tell_together(pool, calls)
        refused = [pool.submit(till.tell, call).result(10) for call in unreadable]
    first, second, again, stranger, *twins = [future.result(10) for future in asked]

    assert [answer.status_code for answer in refused] == [422, 422]
    assert [answer.json() for answer in (first, second, again, stranger)] == [
        ACCEPTED,
        ACCEPTED,
        KNOWN_BEFORE,
        ACCEPTED,
    ]
    assert sorted((answer.json() for answer in twins), key=str) == sorted([ACCEPTED, KNOWN_BEFORE], key=str)
    assert len(told(till)) == 5
    last = till.tell(track(7))
    assert last["RateLimit-Remaining"] == str(20 - 1 - len(calls) - len(unreadable) - 1), "each has taken one token"


def test_a_group_for_which_there_are_not_tokens_enough_gets_those_there_are(
    pool: ThreadPoolExecutor, settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_SECOND, settings.API_BURST = 0.001, 4
    till = Till()

    with till.holding_the_customer():
        asked = till.tell_together(pool, [track(n) for n in range(6)])
    statuses = [future.result(10).status_code for future in asked]

    assert sorted(statuses) == [202, 202, 202, 202, 429, 429]
    assert len(told(till)) == 4


def test_a_key_that_is_revoked_meanwhile_tells_nothing_more(pool: ThreadPoolExecutor) -> None:
    till = Till()

    with till.holding_the_customer():
        asked = till.tell_together(pool, [track(n) for n in range(4)])
        with connections["owner"].cursor() as cursor:
            cursor.execute("update accounts_apikey set revoked_at = now() where id = %s", [till.key.pk])
    statuses = [future.result(10).status_code for future in asked]

    assert statuses == [202, 401, 401, 401]
    assert len(told(till)) == 1


def test_a_session_that_ends_under_a_group_costs_it_nothing(pool: ThreadPoolExecutor) -> None:
    till = Till()

    with till.holding_the_customer():
        asked = till.tell_together(pool, [track(n) for n in range(4)])
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s)", sessions_that_wait())
    answers = [future.result(10).json() for future in asked]

    assert answers == [ACCEPTED] * 4
    assert len(told(till)) == 4


@pytest.fixture
def failing_commits() -> Iterator[None]:
    """Postgres refuses the transaction when it is to be committed."""
    make = """
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
    create constraint trigger refuses after insert on customers_ingestedevent deferrable initially deferred
    for each row execute function refuse()
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute(make)
        yield
        cursor.execute("drop trigger refuses on customers_ingestedevent; drop function refuse()")


@pytest.mark.usefixtures("failing_commits")
def test_a_failed_commit_reaches_every_caller(pool: ThreadPoolExecutor) -> None:
    till = Till()

    with till.holding_the_customer():
        asked = till.tell_together(pool, [track(n) for n in range(4)])
    answers = [future.result(10) for future in asked]

    assert [answer.status_code for answer in answers] == [500] * 4
    assert {answer.json()["error"]["code"] for answer in answers} == {"internal_error"}
    assert told(till) == []
