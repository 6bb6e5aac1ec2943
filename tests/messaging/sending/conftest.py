from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from messaging.sending.lines import hang_up_everywhere
from tests.relay import Relay, running


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    """The mail server that messages are sent to: over one connection, so that they come in the order of their ids."""
    with running(Relay()) as relay:
        settings.EMAIL_URL = relay.url
        settings.SMTP_CONNECTIONS = 1
        yield relay
        hang_up_everywhere()
