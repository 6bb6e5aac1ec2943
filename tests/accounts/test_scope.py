from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from accounts.models import Workspace
from accounts.scope import WorkspaceRequired, current_workspace, workspace_scope
from customers.models import Customer
from tests.factories.customers import CustomerFactory


@pytest.mark.django_db
def test_customers_outside_a_scope_are_refused() -> None:
    with pytest.raises(WorkspaceRequired):
        Customer.objects.count()


def test_a_scope_shows_only_its_own_customers(workspace: Workspace, other_workspace: Workspace) -> None:
    ours = CustomerFactory()
    with workspace_scope(other_workspace):
        theirs = CustomerFactory()

        assert list(Customer.objects.all()) == [theirs]
    assert list(Customer.objects.all()) == [ours]


def test_row_level_security_holds_without_the_filter(workspace: Workspace, other_workspace: Workspace) -> None:
    ours = CustomerFactory()
    with workspace_scope(other_workspace):
        CustomerFactory()

    assert list(Customer.unscoped.all()) == [ours]


def test_another_workspace_s_row_cannot_be_written(workspace: Workspace, other_workspace: Workspace) -> None:
    with pytest.raises(Exception, match="row-level security"), transaction.atomic():
        CustomerFactory(workspace=other_workspace)


def test_leaving_a_nested_scope_restores_the_outer_one(workspace: Workspace, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        pass

    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.workspace', true)")
        assert cursor.fetchone() == (str(workspace.pk),)
    assert current_workspace() == workspace


def test_a_nested_scope_that_rolls_back_restores_the_outer_one(
    workspace: Workspace, other_workspace: Workspace
) -> None:
    with pytest.raises(ValueError, match="undo"), workspace_scope(other_workspace):
        CustomerFactory()
        raise ValueError("undo")

    assert Customer.unscoped.count() == 0
    CustomerFactory()
    assert Customer.unscoped.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_nothing_of_a_scope_survives_on_the_connection() -> None:
    bakery = Workspace.objects.create(name="Bakery", slug="bakery")
    with workspace_scope(bakery):
        CustomerFactory()

    assert Customer.unscoped.count() == 0


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_an_on_commit_hook_is_outside_the_scope() -> None:
    bakery = Workspace.objects.create(name="Bakery", slug="bakery")
    refused = []

    def look() -> None:
        with pytest.raises(WorkspaceRequired):
            Customer.objects.count()
        refused.append(True)

    with workspace_scope(bakery):
        transaction.on_commit(look)

    assert refused == [True]


def test_a_thread_does_not_inherit_the_scope(workspace: Workspace) -> None:
    outcome: list[str] = []

    def look() -> None:
        try:
            current_workspace()
        except WorkspaceRequired:
            outcome.append("refused")
        finally:
            connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert outcome == ["refused"]
