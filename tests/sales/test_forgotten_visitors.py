"""Visitors who agreed to be recognised, never said who they are, and stayed away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer, ExternalId
from messaging.models import Message
from sales.actions import tell_visit
from sales.ingesting.beacons import Beacon, PageTold, ProductTold
from sales.models import PageView, ProductView, Website
from sales.tasks import forget_unnamed_visitors
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.factories.sales import OrderFactory

# When they came first is written by the database, which has a clock of its own.
THEN = datetime.now(UTC)
VISITOR = str(uuid4())


@pytest.fixture(autouse=True)
def _website(workspace: Workspace) -> None:
    Website.objects.create(is_on=True, sites=["shop.example"])


def looks_at(workspace: Workspace, path: str, *, at: datetime, visitor: str = VISITOR) -> Customer:
    with time_machine.travel(at, tick=False), workspace_scope(workspace, actor="visitor"):
        seen = (PageTold(key=str(uuid4()), path=path), ProductTold(key=str(uuid4()), id="RYE"))
        tell_visit(Beacon(events=list(seen), visitor=visitor), origin="https://shop.example")
    return PageView.objects.get(path=path).customer


def clean_up(workspace: Workspace, *, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        forget_unnamed_visitors.run(workspace)


def test_a_visitor_is_forgotten_ninety_days_after_they_were_last_seen(workspace: Workspace) -> None:
    visitor = looks_at(workspace, "/rye", at=THEN)
    looks_at(workspace, "/bun", at=THEN + timedelta(days=60))
    # A reminder that had no address to go to: it is not the visitor who did that.
    message = MessageFactory(customer=visitor, purpose="flow", address="")

    clean_up(workspace, at=THEN + timedelta(days=149))
    assert PageView.objects.count() == 2
    clean_up(workspace, at=THEN + timedelta(days=151))

    visitor.refresh_from_db()
    assert visitor.erased_at is not None
    assert (PageView.objects.count(), ProductView.objects.count(), ExternalId.objects.count()) == (0, 0, 0)
    assert Message.objects.get() == message

    # The browser still has the id: whoever comes back is somebody new.
    assert looks_at(workspace, "/rye", at=THEN + timedelta(days=152)) != visitor


def test_whoever_is_named_or_ordered_is_kept(workspace: Workspace, other_workspace: Workspace) -> None:
    buyer, named = looks_at(workspace, "/a", at=THEN), looks_at(workspace, "/b", at=THEN, visitor=str(uuid4()))
    OrderFactory(customer=buyer, placed_at=THEN)
    named.is_anonymous = False
    named.save()
    with workspace_scope(other_workspace):
        elsewhere = CustomerFactory(is_anonymous=True, created_at=THEN)

    clean_up(workspace, at=THEN + timedelta(days=400))

    assert Customer.objects.filter(erased_at=None).count() == 2
    with workspace_scope(other_workspace):
        elsewhere.refresh_from_db()
        assert elsewhere.erased_at is None
