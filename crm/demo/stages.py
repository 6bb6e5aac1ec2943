"""How the bakery came to write to its neighbours, stage by stage. Each is one transaction, and none happens twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from crm.demo import plans
from crm.demo.clock import Clock
from crm.demo.letters import SITE, SUNDAYS
from crm.demo.website import open_website
from crm.demo.weeks import PREPARED_BEFORE, Weeks, beginning
from customers.actions.segments import keep_segments
from customers.ingesting.telling import ToldEvent
from customers.models import Segment
from messaging.actions.campaigns import keep_campaigns
from messaging.models import Campaign, Flow, QuietHours
from sales.actions import note_sighting
from sales.upserting.rows import OrderRow


def reach_people(  # noqa: PLR0913  who, and what else happened meanwhile
    workspace: Workspace,
    author: User,
    owner: User,
    orders: Sequence[OrderRow],
    looked: Sequence[ToldEvent],
    *,
    now: datetime,
) -> None:
    """From the first text to today. `orders` and `looked` are those since the weeks that are lived through began.

    The weeks are one transaction: whoever works meanwhile sees none of their letters before it has left.
    """
    begins = beginning(now, workspace.tzinfo)
    with _under(workspace, author, begins - PREPARED_BEFORE):
        if not QuietHours.objects.exists():
            plans.furnish(author)
            open_website()
    keep_segments(workspace)
    clock = Clock(begins)
    with clock.in_force(), workspace_scope(workspace, actor=f"user:{author.pk}"):
        if not Flow.objects.exists():
            chance = Random("weeks")  # noqa: S311  the same weeks every time
            Weeks(clock, chance, list(orders), list(looked), author, owner).live_until(now)


def plan_ahead(workspace: Workspace, author: User, owner: User, *, now: datetime) -> None:
    """What asks for what was bought and read: by now everybody has heard of it."""
    with _under(workspace, author, beginning(now, workspace.tzinfo)):
        if not Segment.objects.filter(name=plans.TASTING).exists():
            plans.add_segments()
    keep_segments(workspace)
    with _under(workspace, author, now - timedelta(hours=20)):
        if not Campaign.objects.filter(name=SUNDAYS).exists():
            plans.add_next_campaigns(author, owner, now=now)
            note_sighting(SITE)
    keep_campaigns(workspace)


@contextmanager
def _under(workspace: Workspace, author: User, moment: datetime) -> Iterator[None]:
    with Clock(moment).in_force(), workspace_scope(workspace, actor=f"user:{author.pk}"):
        yield
