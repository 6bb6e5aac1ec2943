"""The database's side of `./run faults messages`: a campaign to everybody who wants the newsletter."""

from __future__ import annotations

from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions.campaigns import add_campaign, launch_campaign
from messaging.campaign_plans import CampaignPlan
from messaging.models import SubscriptionTopic
from messaging.models.consent import NEWSLETTER
from tests.faults._outbox import bring_in, open_bakery


def launch(count: int) -> set[str]:
    """A campaign under way to so many customers. Returns their addresses."""
    bakery = open_bakery()
    bakery.postal_address = "1 Market Square"
    bakery.save()
    with workspace_scope(bakery):
        actions.add_default_topics()
        topic = SubscriptionTopic.objects.get(key=NEWSLETTER)
        addresses = bring_in(count, topic)
        version = actions.add_template(
            name="News",
            subject="Fresh bread, {{ customer.first_name }}",
            body='Dear {{ customer.name }},\n\n<a href="https://bakery.example/rye">the rye loaf</a> is back.',
        )
        launch_campaign(add_campaign(CampaignPlan(name="Rye", template=version.template, topic=topic)))
    return addresses
