"""A workspace with people in it, and bare copies of the tables that events go to: what any limit writes into."""

from __future__ import annotations

import io
import json
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from django.db import connections

from accounts.actions import create_api_key
from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.upsert import SHOP, CustomerRow, upsert_customers
from customers.models import ExternalId, IngestedEvent
from timeline.models import Event

PEOPLE = 50_000
_EVENT_COLUMNS = "workspace_id, kind, customer_id, actor, occurred_at, payload, tx"
_TOLD_COLUMNS = "workspace_id, key, properties"
_NAMES = ("Trial Started", "Plan Chosen", "Video Watched", "Recipe Saved", "Coupon Seen")
_START = datetime(2026, 1, 1, tzinfo=UTC)

Call = dict[str, Any]


class Shop:
    def __init__(self) -> None:
        self.workspace = Workspace.objects.create(name="Shop", slug="shop")
        with workspace_scope(self.workspace):
            _, self.secret = create_api_key(name="Bench", scopes=[ApiScope.EVENTS_WRITE])
        for start in range(0, PEOPLE, 5000):
            with workspace_scope(self.workspace):
                rows = [CustomerRow(external_id=f"user-{n}", name=f"User {n}") for n in range(start, start + 5000)]
                upsert_customers(rows, source="api")
        with workspace_scope(self.workspace):
            aliases = ExternalId.objects.filter(source=SHOP)
            self._customers = dict(aliases.values_list("value", "customer_id"))
        with connections["owner"].cursor() as cursor:
            for bare, table in (("bare_event", "timeline_event"), ("bare_told", "customers_ingestedevent")):
                cursor.execute(f"create table {bare} (like {table} including all)")
                cursor.execute(f"grant all on {bare} to crm_app")
            cursor.execute(
                """create table bare_call (
                     id bigserial primary key, workspace_id bigint not null, key uuid not null, customer_id bigint,
                     occurred_at timestamptz, payload jsonb, unique (workspace_id, key)
                   ); grant all on bare_call to crm_app"""
            )
            cursor.execute("grant usage on all sequences in schema public to crm_app")
            cursor.execute("analyze")

    def calls(self, count: int) -> list[Call]:
        """`track`s of people who are known, each under an id of its own."""
        return [
            {
                "type": "track",
                "userId": f"user-{random.randrange(PEOPLE)}",
                "messageId": str(uuid.uuid4()),
                "event": random.choice(_NAMES),
                "timestamp": (_START + timedelta(seconds=random.randrange(10**7))).isoformat(),
                "properties": {"plan": "pro", "seats": random.randrange(9), "source": "landing page", "value": 12.5},
            }
            for _ in range(count)
        ]

    def rows(self, calls: Sequence[Call]) -> tuple[str, str]:
        """What is kept of the calls, for COPY: the timeline's rows, and those that hold key and properties."""
        events, told = [], []
        for call in calls:
            key, customer_id, at = call["messageId"], self._customers[call["userId"]], call["timestamp"]
            payload = json.dumps({"name": call["event"], "key": key})
            events.append(f"{self.workspace.pk}\tCustomEvent\t{customer_id}\tkey:1\t{at}\t{payload}\t1\n")
            told.append(f"{self.workspace.pk}\t{key}\t{json.dumps(call['properties'])}\n")
        return "".join(events), "".join(told)

    def check(self, *, sent: int) -> None:
        """Every event is there once, on the timeline and with its properties, of the customer whom it was told of."""
        with workspace_scope(self.workspace):
            told = IngestedEvent.objects.count()
            events = Event.objects.filter(kind="CustomEvent")
            assert told == sent, f"{told} of {sent} events are kept"
            assert events.count() == events.values("payload__key").distinct().count() == sent
            assert not events.exclude(customer_id__in=list(self._customers.values())).exists()

    def check_bare(self, *, sent: int) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("select count(*) from bare_call")
            assert cursor.fetchone() == (sent,)


@contextmanager
def bare_connections(count: int) -> Iterator[list[Any]]:
    """Of the application's role, beside Django's own."""
    parameters = connections["default"].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    opened = [
        psycopg2.connect(**{name: parameters[name] for name in names if name in parameters}) for _ in range(count)
    ]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


def copy(bare: Any, rows: tuple[str, str]) -> None:
    """One batch in one transaction."""
    events, told = rows
    with bare, bare.cursor() as cursor:
        cursor.copy_expert(f"copy bare_told ({_TOLD_COLUMNS}) from stdin", io.StringIO(told))
        cursor.copy_expert(f"copy bare_event ({_EVENT_COLUMNS}) from stdin", io.StringIO(events))
