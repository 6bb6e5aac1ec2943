"""What Postgres reads to check the keys of a batch: as much for the last customer as for the first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, connections

from accounts.protection import tenant_models, workspace_keys
from accounts.scope import workspace_scope
from customers.actions import add_customer
from customers.actions.upsert import CustomerRow, upsert_customers
from customers.staging import execute, fetch
from tests.factories.accounts import WorkspaceFactory

KEYS_PER_CUSTOMER = 2  # of facts and of the external id


def rows_read(table: str, work: Callable[[], object]) -> int:
    """Rows of `table` that were looked at meanwhile, by index or not."""
    count = "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_user_tables where relname = %s"
    before = fetch(count, [table])[0][0]
    work()
    return int(fetch(count, [table])[0][0] - before)


def check_keys() -> None:
    execute("set constraints all immediate")
    execute("set constraints all deferred")


def as_owner(statement: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


def add_one_and_check() -> None:
    add_customer(name="Late", source="staff")
    check_keys()


def people(count: int, *, at: int = 0) -> list[CustomerRow]:
    return [CustomerRow(external_id=str(number), name=f"Customer {number}") for number in range(at, at + count)]


@pytest.mark.usefixtures("workspace")
def test_each_key_of_a_batch_reads_one_row() -> None:
    for at in (0, 2000):
        upsert_customers(people(2000, at=at), source="import")

        assert rows_read("customers_customer", check_keys) == 2000 * KEYS_PER_CUSTOMER


@pytest.mark.django_db(transaction=True)
def test_plans_made_for_a_small_table_are_forgotten() -> None:
    """A shop's first ten customers are analysed, and checked by reading the one page that they fill."""
    shop = WorkspaceFactory()
    as_owner("vacuum customers_customer")
    with workspace_scope(shop):
        upsert_customers(people(10), source="import")
    as_owner("vacuum analyze customers_customer")
    with workspace_scope(shop):
        for number in range(8):
            add_customer(name=f"Early {number}", source="staff")
            check_keys()
        assert rows_read("customers_customer", add_one_and_check) > KEYS_PER_CUSTOMER

        upsert_customers(people(2000, at=10), source="import")

        assert rows_read("customers_customer", check_keys) == 2000 * KEYS_PER_CUSTOMER


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_key_that_others_point_at_is_the_newest_index_of_its_table() -> None:
    """It is the one the planner takes among equals, as all are that begin with the workspace before an ANALYZE."""
    parents = {field.remote_field.model._meta.db_table for model in tenant_models() for field in workspace_keys(model)}
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct on (i.indrelid) i.indrelid::regclass::text as parent, i.indexrelid::regclass::text
               from pg_index i where i.indrelid::regclass::text = any(%s) order by i.indrelid, i.indexrelid desc""",
            [sorted(parents)],
        )
        newest = dict(cursor.fetchall())

    assert newest == {table: f"{table}_workspace_key" for table in parents}
