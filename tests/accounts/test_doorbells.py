"""Rings and their answers, across transactions that commit in another order than they began."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts import doorbells
from accounts.doorbells import answer, due_workspaces, heard, ring
from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from tests.factories.accounts import WorkspaceFactory

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "tests"


def test_a_ring_that_commits_late_outlives_the_answer_to_a_later_one() -> None:
    bakery = WorkspaceFactory()
    late = connection.copy()
    late.set_autocommit(False)
    with late.cursor() as cursor:
        cursor.execute(
            "insert into accounts_doorbell (workspace_id, queue, due_at) values (%s, %s, now())", [bakery.pk, QUEUE]
        )
    ring_now(bakery)

    rings = heard(QUEUE, bakery)
    late.commit()
    late.close()
    answer(QUEUE, bakery, rings=rings, next_due_at=None)

    left = Doorbell.objects.get(queue=QUEUE)
    assert left.pk < max(rings)
    assert due_workspaces(QUEUE) == [bakery]


def test_what_is_not_due_yet_rings_again_when_it_is() -> None:
    bakery = WorkspaceFactory()
    ring_now(bakery)
    soon = timezone.now() + timedelta(minutes=5)

    answer(QUEUE, bakery, rings=heard(QUEUE, bakery), next_due_at=soon)

    assert Doorbell.objects.get(queue=QUEUE).due_at == soon
    assert due_workspaces(QUEUE) == []


def test_an_answer_takes_down_no_ring_of_another_workspace_or_queue() -> None:
    bakery, florist = WorkspaceFactory(), WorkspaceFactory()
    ring_now(bakery)
    ring_now(florist)
    ring_now(bakery, queue="others")

    answer(QUEUE, bakery, rings=heard(QUEUE, bakery), next_due_at=None)

    assert due_workspaces(QUEUE) == [florist]
    assert due_workspaces("others") == [bakery]


def test_a_ring_goes_with_the_transaction_that_made_the_work() -> None:
    bakery = WorkspaceFactory()

    with pytest.raises(ZeroDivisionError), transaction.atomic(), workspace_scope(bakery):
        ring(QUEUE)
        raise ZeroDivisionError

    assert due_workspaces(QUEUE) == []


def test_a_hint_goes_out_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    bakery, florist = WorkspaceFactory(), WorkspaceFactory()
    now = time.monotonic()
    hinted: list[Workspace] = []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setitem(doorbells._hints, QUEUE, hinted.append)

    for workspace in (bakery, bakery, florist):
        ring_now(workspace)
    assert hinted == [bakery, florist]

    now += doorbells.HINT_EVERY_SECONDS
    cache.clear()
    ring_now(bakery)
    assert hinted == [bakery, florist, bakery]
    assert len(heard(QUEUE, bakery)) == 3, "each ring is kept"


def ring_now(workspace: Workspace, queue: str = QUEUE) -> None:
    with workspace_scope(workspace):
        ring(queue)
