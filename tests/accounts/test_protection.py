from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, connections, transaction

from accounts.models import Workspace
from accounts.protection import IN_WORKSPACE, protect_tables, tenant_models
from accounts.scope import workspace_scope
from sales.models import Order
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory


@pytest.mark.django_db
def test_every_tenant_table_has_both_policies_forced() -> None:
    tables = sorted(model._meta.db_table for model in tenant_models())
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.relname from pg_class c
               where c.relrowsecurity and c.relforcerowsecurity
                 and (select array_agg(polname::text order by polname) from pg_policy p where p.polrelid = c.oid)
                     = array['owner', 'workspace']
               order by 1"""
        )
        assert [name for (name,) in cursor.fetchall()] == tables


@pytest.mark.django_db
def test_every_tenant_row_has_a_workspace_that_exists() -> None:
    """By a key of its own, or by one that can't be null to a row of which that is proven."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with recursive key as (
                 select conrelid as child, confrelid as parent from pg_constraint
                 where contype = 'f' and not exists (
                   select from pg_attribute a
                   where a.attrelid = conrelid and a.attnum = any(conkey) and not a.attnotnull
                 ) and exists (
                   select from pg_attribute a
                   where a.attrelid = conrelid and a.attnum = conkey[1] and a.attname = 'workspace_id'
                 )
               ), proven as (
                 select 'accounts_workspace'::regclass::oid as id
                 union select key.child from key join proven on proven.id = key.parent
               ) select id::regclass::text from proven"""
        )
        proven = {table for (table,) in cursor.fetchall()}

    tables = {model._meta.db_table for model in tenant_models()}
    # Row-level security has compared it with the scope's, and their rows are too many for a look-up each.
    assert tables - proven == {"timeline_event", "customers_ingestedevent"}


@pytest.mark.django_db
def test_a_workspace_is_looked_up_only_where_no_other_key_proves_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select conrelid::regclass::text from pg_constraint"
            " where contype = 'f' and confrelid = 'accounts_workspace'::regclass"
        )
        looking = {table for (table,) in cursor.fetchall()}

    assert {"customers_customer", "sales_order"} <= looking
    assert looking.isdisjoint({"customers_facts", "customers_externalid", "sales_orderline"})


@pytest.mark.django_db(databases=["default", "owner"])
def test_protecting_twice_changes_nothing() -> None:
    assert protect_tables(using="owner") == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_policy_that_was_dropped_is_put_back() -> None:
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("drop policy workspace on customers_customer")

        statements = protect_tables(using="owner")

        transaction.set_rollback(True, using="owner")
    quoted = IN_WORKSPACE.replace("'", "''")
    assert [statement.split(" using")[0] for statement in statements] == [
        "create policy workspace on customers_customer to public",
        f"comment on policy workspace on customers_customer is '{quoted}'",
    ]


def test_an_order_cannot_name_another_workspace_s_customer(workspace: Workspace, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = CustomerFactory()

    with pytest.raises(IntegrityError, match="sales_order_customer_id_ws"), transaction.atomic():
        OrderFactory(customer=None, customer_id=theirs.pk)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
    assert Order.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["truncate customers_customer", "update timeline_event set kind = 'x'"])
def test_the_application_may_not(statement: str) -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)
