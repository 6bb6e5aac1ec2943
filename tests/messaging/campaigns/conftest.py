from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from messaging.models import SubscriptionTopic
from messaging.sending.lines import hang_up_everywhere
from tests.factories.messaging import TopicFactory
from tests.relay import Relay, running


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    return TopicFactory(key="newsletter")


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    with running(Relay()) as relay:
        settings.EMAIL_URL = relay.url
        settings.SMTP_CONNECTIONS = 1
        yield relay
        hang_up_everywhere()
