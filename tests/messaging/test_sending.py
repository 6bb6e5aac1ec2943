from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from messaging.models import Message
from messaging.sending.lines import hang_up_everywhere
from messaging.sending.rounds import Round, send_due
from tests.factories.messaging import MessageFactory
from tests.relay import Relay, running


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    with running(Relay()) as relay:
        settings.EMAIL_URL = relay.url
        yield relay
        hang_up_everywhere()


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_what_is_due_is_sent(workspace: Workspace, relay: Relay) -> None:
    messages = [MessageFactory() for _ in range(30)]

    done = send_due(workspace)

    assert done == Round(claimed=30, sent=30)
    assert relay.recipients == sorted(message.address for message in messages)
    assert {state_of(message) for message in messages} == {"sent"}
