"""Senders that run at once keep a workspace's limit together, and hold nobody else's messages back."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from crm.embedded.process import wait_until
from messaging.models import Message, MessageState
from tests.factories.accounts import WorkspaceFactory
from tests.factories.messaging import MessageFactory
from tests.faults._processes import background
from tests.faults._torment import counting_sink

LIMIT, MESSAGES, PATIENCE = 25, 60, 60


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shared_database")
def test_two_senders_of_a_limited_workspace_keep_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bakery = WorkspaceFactory(slug="bakery", messages_per_day=LIMIT)
    florist = WorkspaceFactory(slug="florist")
    addresses = {workspace: with_messages(workspace) for workspace in (bakery, florist)}

    with counting_sink(tmp_path, seconds=0.01) as environment, ExitStack() as running:
        for name, value in {**environment, "MESSAGE_CHUNK": "7"}.items():
            monkeypatch.setenv(name, value)
        for workspace in addresses:
            senders = ("-m", "tests.faults._senders", "2", workspace.slug)
            running.enter_context(background(*senders, log=tmp_path / f"{workspace.slug}.log"))
        assert wait_until(lambda: waiting(florist) == 0 and waiting(bakery) == MESSAGES - LIMIT, seconds=PATIENCE)

        held = accepted(tmp_path)
        Workspace.objects.filter(pk=bakery.pk).update(messages_per_day=None)
        # Those that run had the workspace in their hands; in the product each round reads it anew.
        running.enter_context(background("-m", "tests.faults._senders", "2", "bakery", log=tmp_path / "raised.log"))
        assert wait_until(lambda: waiting(bakery) == 0, seconds=PATIENCE)

    assert len(held & addresses[bakery].keys()) == LIMIT
    assert held & addresses[florist].keys() == addresses[florist].keys()
    assert Counter((tmp_path / "accepted").read_text().split()) == addresses[bakery] + addresses[florist]


def with_messages(workspace: Workspace) -> Counter[str]:
    with workspace_scope(workspace):
        messages = [MessageFactory() for _ in range(MESSAGES)]
    return Counter(message.address for message in messages)


def waiting(workspace: Workspace) -> int:
    with workspace_scope(workspace):
        return Message.objects.exclude(state=MessageState.SENT).count()


def accepted(folder: Path) -> set[str]:
    return set((folder / "accepted").read_text().split())
