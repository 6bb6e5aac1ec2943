from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.events import CustomerJoined
from tests.client import Browser
from timeline import registry
from timeline.models import DeadLetter, Event
from timeline.recording import record
from timeline.registry import subscribe


def dead_letter() -> DeadLetter:
    event = record(CustomerJoined(customer_id=1, source="test"))
    return DeadLetter.objects.create(
        subscriber="tests.listen", event_id=event.pk, error="ValueError: no", attempts=5, failed_at=timezone.now()
    )


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(registry, "_subscribers", {})
    ids: list[int] = []

    @subscribe(CustomerJoined)
    def listen(events: Sequence[Event]) -> None:
        ids.extend(event.pk for event in events)

    return ids


def test_nothing_failed_says_so(workspace: Workspace, owner_browser: Browser) -> None:
    assert "Nothing has failed" in owner_browser.get("/settings/dead-letters/").content.decode()


def test_a_failed_event_is_shown_and_can_be_replayed(
    workspace: Workspace, owner_browser: Browser, heard: list[int]
) -> None:
    letter = dead_letter()

    assert "ValueError: no" in owner_browser.get("/settings/dead-letters/").content.decode()
    owner_browser.post(f"/settings/dead-letters/{letter.pk}/replay/")

    letter.refresh_from_db()
    assert heard == [letter.event_id]
    assert letter.settled_at is not None


def test_another_workspace_s_failures_are_out_of_reach(
    workspace: Workspace, other_workspace: Workspace, owner_browser: Browser, heard: list[int]
) -> None:
    with workspace_scope(other_workspace):
        theirs = dead_letter()

    assert "ValueError: no" not in owner_browser.get("/settings/dead-letters/").content.decode()
    assert owner_browser.post(f"/settings/dead-letters/{theirs.pk}/replay/").status_code == 404
    assert heard == []
