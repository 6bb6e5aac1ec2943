"""Stories are told through HTTP and through what workers run, called by hand: nothing here sleeps or polls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import LazySettings

from accounts.models import Workspace
from customers.tasks import run_imports
from messaging.sending.lines import hang_up_everywhere
from messaging.tasks import greet_birthdays, send_messages
from tests.relay import Relay, running

Worker = Callable[[], None]


@pytest.fixture(autouse=True)
def _an_hour_ago() -> Iterator[None]:
    """A test is one transaction, in which the database's clock stands still at its start: no "now" may lie after it."""
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        yield


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    """The mail server that the messages of the story arrive at."""
    with running(Relay()) as relay:
        settings.EMAIL_URL = relay.url
        yield relay
        hang_up_everywhere()


@pytest.fixture
def worker(
    workspace: Workspace, relay: Relay, drained: Callable[[], AbstractContextManager[None]]
) -> Callable[[], None]:
    """Everything that workers would do by now; twice, as what one does can be another's work."""

    def work() -> None:
        for _ in range(2):
            with drained():
                for task in (run_imports, greet_birthdays, send_messages):
                    task.run(workspace)

    return work


def letters(relay: Relay, *, to: str) -> list[EmailMessage]:
    """What arrived at an address, the oldest first."""
    return [
        message_from_bytes(letter.content, EmailMessage, policy=policy.default)
        for letter in relay.received
        if letter.recipient == to
    ]


def link_in(letter: EmailMessage, part: str) -> str:
    """The path of the link whose address holds `part`."""
    body = letter.get_body(("plain",))
    assert body is not None
    addresses = re.findall(r"https?://[^\s()]+", body.get_content())
    return next(urlsplit(address).path for address in addresses if part in address)
