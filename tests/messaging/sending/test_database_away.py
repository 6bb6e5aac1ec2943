"""The database goes away while a message is on its way: nothing new leaves, and what the relay said is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.models import Message
from messaging.sending.rounds import send_due
from tests.factories.accounts import WorkspaceFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import row, told_of
from tests.relay import Relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bakery() -> Workspace:
    return WorkspaceFactory()


def cut_off() -> Callable[[], None]:
    """For another thread: ends our session at the server, as its restart would. Once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [ours] = [pid for (pid,) in cursor.fetchall()]

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s, 5000) from pg_stat_activity where pid = %s", [ours, ours])
        connection.close()

    return cut


def test_before_the_mark_nothing_leaves_and_it_goes_later(bakery: Workspace, relay: Relay) -> None:
    with workspace_scope(bakery):
        messages = [MessageFactory() for _ in range(2)]
    relay.before["DATA"] = cut_off()

    done = send_due(bakery)

    assert (done.sent, done.wait, relay.received) == (0, 2, [])
    with workspace_scope(bakery):
        assert [row(message) for message in messages] == [("queued", "", 0)] * 2
    send_due(bakery)  # at once: it was not the relay's fault
    assert relay.recipients == sorted(message.address for message in messages)


def test_after_the_dot_the_relays_yes_is_written_down_once_it_is_back(bakery: Workspace, relay: Relay) -> None:
    with workspace_scope(bakery):
        message = MessageFactory()
    relay.before["dot"] = cut_off()

    done = send_due(bakery)

    assert done.sent == len(relay.received) == 1
    with workspace_scope(bakery):
        assert row(message) == ("sent", "", 1)
        assert told_of(message) == ["MessageSent"]
        assert Message.objects.filter(lease_token__gt="").count() == 0
