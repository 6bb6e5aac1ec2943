from __future__ import annotations

import pytest
from django.db import DatabaseError, close_old_connections, connection, transaction

from accounts.models import Workspace
from crm.embedded.process import wait_until
from crm.postgres.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


def end(ours: DatabaseWrapper) -> None:
    """As a restart of Postgres does."""
    assert ours.connection is not None
    other = ours.copy()
    with other.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s)", [ours.connection.info.backend_pid])
    other.close()


def test_a_connection_at_rest_is_used_again() -> None:
    Workspace.objects.exists()
    assert isinstance(connection._connections[connection._alias], DatabaseWrapper)  # type: ignore[attr-defined]

    assert connection.is_usable()


def test_a_connection_that_the_server_closed_is_made_anew_for_the_next_request() -> None:
    Workspace.objects.exists()
    before = connection.connection
    end(connection)  # type: ignore[arg-type]
    assert wait_until(lambda: not connection.is_usable(), seconds=10)

    close_old_connections()

    assert not Workspace.objects.exists()
    assert connection.connection is not before


def test_a_connection_that_we_closed_is_not_usable() -> None:
    connection.ensure_connection()
    connection.connection.close()

    assert not connection.is_usable()

    connection.close()


def test_a_connection_in_a_failed_transaction_is_not_usable() -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        try:
            cursor.execute("select 1 / 0")
        finally:
            assert not connection.is_usable()

    assert connection.is_usable()
