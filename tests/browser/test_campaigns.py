"""Campaigns in every state that they can be in, at both widths; and how far a newcomer has to go."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions.campaigns import (
    count_campaign,
    gather_audience,
    keep_campaigns,
    launch_campaign,
    pause_campaign,
    start_due_campaigns,
)
from messaging.models import Campaign, Conversion, Message, PauseReason, Repeats, SubscriptionTopic, Timing
from messaging.models.consent import NEWSLETTER
from messaging.sending.rounds import send_due
from tests.browser.conftest import OpenPage
from tests.browser.listing import PageToOpen
from tests.browser.lively import mail_server
from tests.browser.looking import look_at
from tests.factories.campaigns import CampaignFactory, ListFactory
from tests.factories.sales import OrderFactory
from tests.messaging.campaigns.crowd import fails, leaves, subscriber

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
MOST_CLICKS = 11


@pytest.fixture
def topic(bakery: Workspace) -> SubscriptionTopic:
    with workspace_scope(bakery):
        actions.add_default_topics()
        return SubscriptionTopic.objects.get(key=NEWSLETTER)


def sent_to_many(topic: SubscriptionTopic) -> Campaign:
    """With something of every outcome."""
    for number in range(300):
        subscriber(topic, name=f"Customer {number}")
    text = actions.add_template(name="Apple cake", subject="Apple cake is back", body="Come by, {{ customer.name }}!")
    campaign = launch_campaign(CampaignFactory(name="Apple cake is back", template=text.template, topic=topic,
                                               holdout_percent=40))  # fmt: skip
    start_due_campaigns(now=timezone.now())
    gather_audience(campaign)
    messages = list(Message.objects.filter(campaign=campaign, state="queued").order_by("pk"))
    leaves(*messages[10:])
    leaves(*messages[:4], then="bounced")
    fails(*messages[4:8])
    now = timezone.now()
    Message.objects.filter(pk__in=[each.pk for each in messages[20:90]]).update(opened_at=now)
    Message.objects.filter(pk__in=[each.pk for each in messages[40:60]]).update(clicked_at=now)
    for message in messages[40:58]:
        order = OrderFactory(customer=message.customer, placed_at=message.not_before + timedelta(minutes=1))
        touch = {"touch": "clicked", "touched_at": now, "converted_at": now, "value_minor": order.value_minor}
        Conversion.objects.create(message=message, order=order, campaign=campaign, **touch)
    campaign.refresh_from_db()
    count_campaign(campaign)
    return campaign


def test_campaigns_in_every_state(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, topic: SubscriptionTopic
) -> None:
    with workspace_scope(bakery):
        sending = sent_to_many(topic)
        paused = launch_campaign(CampaignFactory(name="Easter", topic=topic))
        start_due_campaigns(now=timezone.now())
        gather_audience(paused)
        count_campaign(paused)
        pause_campaign(paused, reason=PauseReason.BOUNCES, detail="21 of the first 400.")
        day = {"timing": Timing.CUSTOMER, "send_on": date(2030, 5, 1), "send_time": time(9)}
        scheduled = launch_campaign(CampaignFactory(name="May", topic=topic, **day))
        weekly = {"timing": Timing.WORKSPACE, "repeats": Repeats.WEEKLY, "repeat_day": 2, "send_time": time(9)}
        newsletter = launch_campaign(CampaignFactory(name="Newsletter", topic=topic, **weekly))
        draft = CampaignFactory(name="Summer", template=None, topic=topic, reach="segments")
        for name in ("Friends of the house", "Bought bread this month", "Lapsed"):
            ListFactory(name=name)
    of_each = {"sending": sending, "paused": paused, "scheduled": scheduled, "newsletter": newsletter, "draft": draft}
    root = "/w/bakery/messages/campaigns/"
    pages = [PageToOpen(f"campaign_{name}", f"{root}{each.pk}/") for name, each in of_each.items()]
    pages += [
        PageToOpen("campaign_list", root),
        PageToOpen("campaign_create", f"{root}new/"),
        PageToOpen("campaign_edit", f"{root}{draft.pk}/edit/"),
        PageToOpen("campaign_edit_refused", f"{root}{sending.pk}/edit/"),
        PageToOpen("campaign_people", f"/w/bakery/messages/?campaign={sending.pk}&outcome=clicked"),
    ]

    assert look_at(open_page(bakery_owner, reduced_motion="reduce"), pages, folder="campaigns") == []


class Newcomer:
    """Counts what they click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]  # a role's name
        self.clicks += 1

    def write(self, label: str, text: str) -> None:
        """A click into the field, too."""
        self.page.get_by_label(label, exact=False).first.fill(text)
        self.clicks += 1


def test_a_newcomer_sends_a_campaign_in_a_few_clicks(
    open_page: OpenPage, bakery: Workspace, bakery_owner: User, topic: SubscriptionTopic, settings: LazySettings
) -> None:
    with workspace_scope(bakery):
        maria = subscriber(topic, name="Maria Weber")
    page = open_page(bakery_owner)
    page.goto("/w/bakery/")
    newcomer = Newcomer(page)

    newcomer.click("link", "Campaigns")
    newcomer.click("link", "New campaign")
    newcomer.write("Name", "Apple cake")
    newcomer.write("Subject", "Apple cake is back")
    newcomer.write("Text", "Dear {{ customer.first_name }}, come by!")
    newcomer.click("button", "Save and check")
    expect(page.locator("#audience")).to_contain_text("of 1 customer in the audience")
    newcomer.click("button", "Launch")
    page.locator("dialog").get_by_role("button", name="Launch").click()
    newcomer.clicks += 1
    expect(page.get_by_text("Launched.")).to_be_visible()

    assert newcomer.clicks <= MOST_CLICKS
    with mail_server(settings) as relay:
        keep_campaigns(bakery)
        send_due(bakery)
        keep_campaigns(bakery)
    assert [letter.recipient for letter in relay.received] == [maria.email]
    expect(page.locator("#campaign-state")).to_contain_text("Completed")
