"""A campaign's audience, gathered by several workers that are killed all the while: nobody twice, nobody lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions import add_template
from messaging.actions.campaigns import add_campaign, launch_campaign, start_due_campaigns
from messaging.campaign_plans import CampaignPlan
from messaging.models import Campaign, ConsentRecord, Message, SubscriptionTopic
from tests.factories.accounts import WorkspaceFactory
from tests.faults._processes import background, children_of, kill
from timeline.models import Event

CUSTOMERS, KILLS, PATIENCE = 3_000, 12, 90


def launched(bakery: Workspace) -> Campaign:
    with workspace_scope(bakery):
        topic = SubscriptionTopic.objects.create(key="news", name="News")
        people = Customer.objects.bulk_create(
            Customer(name=f"N {n}", email=f"n{n}@mail.example", email_norm=f"n{n}@mail.example", joined_on="2026-01-01")
            for n in range(CUSTOMERS)
        )
        ConsentRecord.objects.bulk_create(
            ConsentRecord(customer=customer, topic=topic, state="given", source="staff", actor="system")
            for customer in people
        )
        version = add_template(name="Spring", subject="Spring", body="It is spring.")
        plan = CampaignPlan(name="Spring", template=version.template, topic=topic, holdout_percent=10)
        campaign = launch_campaign(add_campaign(plan))
        assert campaign.starts_at is not None
        start_due_campaigns(now=campaign.starts_at)
    return campaign


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shared_database")
def test_workers_that_are_killed_write_to_everybody_once(tmp_path: Path) -> None:
    bakery = WorkspaceFactory(slug="bakery")
    campaign = launched(bakery)
    chance, kills = random.Random(7), 0
    give_up_at = time.monotonic() + PATIENCE

    with background("-m", "tests.faults._gatherers", "3", "bakery", log=tmp_path / "log") as gatherers:
        while campaign.gathered_at is None:
            assert time.monotonic() < give_up_at, (tmp_path / "log").read_text()
            time.sleep(chance.uniform(0.02, 0.2))
            begun = campaign.place > 0
            if begun and kills < KILLS and (alive := children_of(gatherers.pid)):
                kills += kill(chance.choice(alive))
            with workspace_scope(bakery):
                campaign.refresh_from_db()

    with workspace_scope(bakery):
        messages = Message.objects.filter(campaign=campaign)
        held_out = messages.filter(state="skipped", reason="holdout").count()
        assert campaign.audience_count == messages.count() == CUSTOMERS
        assert messages.values("customer").distinct().count() == CUSTOMERS
        assert Event.objects.filter(kind="MessageSkipped").count() == held_out > 0
        assert messages.filter(state="queued").count() == CUSTOMERS - held_out
    assert kills >= 3
