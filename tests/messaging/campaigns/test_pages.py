from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from messaging.actions import pause_messages
from messaging.actions.campaigns import count_campaign, keep_campaigns, launch_campaign
from messaging.models import Campaign, CampaignState, Message, SubscriptionTopic, Template
from messaging.sending.rounds import send_due
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.campaigns import CampaignFactory, ListFactory
from tests.factories.customers import CustomerFactory
from tests.messaging.campaigns.crowd import fails, gathered, leaves, started, state_of, subscriber
from tests.relay import Relay

pytestmark = pytest.mark.usefixtures("workspace")
AT_ONCE = {"reach": "topic", "timing": "at_once", "repeats": "never", "holdout_percent": "0", "goal_days": "5"}


def spring(topic: SubscriptionTopic, **fields: object) -> dict[str, object]:
    words = {"name": "Spring", "subject": "It is spring, {{ customer.first_name }}", "body": "Come and see."}
    return {**AT_ONCE, **words, "topic": topic.pk, **fields}


def path_of(campaign: Campaign, page: str = "") -> str:
    return f"/messages/campaigns/{campaign.pk}/{page}"


def test_from_nothing_to_a_sent_campaign(
    workspace: Workspace, owner_browser: Browser, topic: SubscriptionTopic, relay: Relay
) -> None:
    maria = subscriber(topic, name="Maria Rossi")
    assert "No campaigns yet" in owner_browser.get("/messages/campaigns/").text
    owner_browser.get("/messages/campaigns/new/")

    owner_browser.post("/messages/campaigns/new/", spring(topic))
    campaign = Campaign.objects.get()
    page = owner_browser.get(path_of(campaign)).text
    assert "Nothing is missing." not in page  # no postal address yet
    assert "Launch" in page
    assert "1</p>" in owner_browser.get(path_of(campaign, "audience/")).text
    owner_browser.post(path_of(campaign, "launch/"))
    keep_campaigns(workspace)
    Message.objects.update(not_before=timezone.now() - timedelta(minutes=5))
    send_due(workspace)
    keep_campaigns(workspace)

    assert state_of(campaign) == CampaignState.COMPLETED
    [letter] = relay.received
    assert letter.recipient == maria.email
    assert b"It is spring, Maria" in letter.content
    assert "Completed" in owner_browser.get(path_of(campaign)).text


def test_what_cannot_be_sent_is_said_where_it_was_written(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    answer = owner_browser.post("/messages/campaigns/new/", spring(topic, body="Hi {{ customer.shoe_size }}"))

    assert answer.status_code == 422
    assert "There is no variable `customer.shoe_size`" in answer.text
    assert "It is spring" in answer.text
    assert not Template.objects.exists()
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"timing": "workspace", "repeats": "never"}, "Choose the time of day."),
        ({"timing": "workspace", "repeats": "weekly", "send_time": "09:00"}, "Choose the day on which it repeats."),
        ({"per_hour": "5"}, "greater than or equal to 60"),
        ({"body": ""}, "A message needs a subject and a text."),
    ],
)
def test_a_contradiction_is_explained(
    owner_browser: Browser, topic: SubscriptionTopic, fields: dict[str, object], words: str
) -> None:
    answer = owner_browser.post("/messages/campaigns/new/", spring(topic, **fields))

    assert answer.status_code == 422
    assert words in answer.text


def test_the_form_keeps_what_was_planned(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    friends, rivals = ListFactory(name="Friends"), ListFactory(name="Rivals")
    fields = {
        "timing": "customer",
        "repeats": "monthly",
        "month_day": "31",
        "send_time": "09:30",
        "reach": "segments",
        "included": [friends.pk],
        "excluded": [rivals.pk],
        "per_hour": "600",
    }
    owner_browser.post("/messages/campaigns/new/", spring(topic, **fields))
    campaign = Campaign.objects.get()

    page = owner_browser.get(path_of(campaign)).text
    form = owner_browser.get(path_of(campaign, "edit/")).text

    assert "On day 31 of every month, 09:30 on each customer&#x27;s clock" in page
    assert "Friends" in page
    assert 'value="600"' in form
    assert '<option value="31" selected>' in form
    assert 'value="09:30"' in form


def test_a_campaign_under_way_says_that_it_cannot_be_edited(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    campaign = started(topic=topic)

    assert "Copy it, and change the copy." in owner_browser.get(path_of(campaign, "edit/")).text
    answer = owner_browser.post(path_of(campaign, "edit/"), spring(topic))
    assert (answer.status_code, "Copy it, and change the copy." in answer.text) == (422, True)


def test_the_buttons_of_a_campaign_under_way(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    subscriber(topic)
    campaign = started(topic=topic)
    [message] = gathered(campaign)

    owner_browser.post(path_of(campaign, "pause/"))
    assert state_of(campaign) == "paused"
    assert "Somebody paused it." in owner_browser.get(path_of(campaign)).text
    owner_browser.post(path_of(campaign, "resumption/"))
    assert state_of(campaign) == "sending"
    fails(message)
    count_campaign(campaign)
    assert "Try these again" in owner_browser.get(path_of(campaign)).text
    owner_browser.post(path_of(campaign, "retry/"), {"reasons": ["gave_up"]})
    campaign.refresh_from_db()
    assert campaign.retry_reasons == ["gave_up"]
    owner_browser.post(path_of(campaign, "cancellation/"))
    assert state_of(campaign) == "cancelled"
    assert "Nothing was changed" in owner_browser.post(path_of(campaign, "pause/"), follow=True).text


def test_every_figure_opens_its_people(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    people = [subscriber(topic, name=name) for name in ("Ada", "Grace", "Mary")]
    campaign = started(topic=topic)
    first, second, _third = gathered(campaign)
    leaves(first, second)
    Message.objects.filter(pk=second.pk).update(clicked_at=timezone.now(), opened_at=timezone.now())
    count_campaign(campaign)

    page = owner_browser.get(path_of(campaign)).text
    clicked = owner_browser.get(f"/messages/?campaign={campaign.pk}&outcome=clicked").text

    assert f"?campaign={campaign.pk}&amp;outcome=clicked" in page
    assert people[1].email in clicked
    assert people[0].email not in clicked
    assert people[2].email not in clicked


def test_the_people_of_another_workspace_stay_theirs(
    owner_browser: Browser, other_workspace: Workspace, topic: SubscriptionTopic
) -> None:
    with workspace_scope(other_workspace):
        theirs = CampaignFactory()

    assert owner_browser.get(path_of(theirs)).status_code == 404
    assert owner_browser.get(f"/messages/?campaign={theirs.pk}&outcome=buyers").status_code == 200


def test_who_may_build_may_not_launch_where_another_must_approve(
    workspace: Workspace, member: Callable[[Role], User], topic: SubscriptionTopic
) -> None:
    workspace.needs_approval = True
    workspace.save()
    author, colleague = member(Role.MARKETER), member(Role.MARKETER)
    signed_in(author).post("/messages/campaigns/new/", spring(topic))
    campaign = Campaign.objects.get()

    answer = signed_in(author).post(path_of(campaign, "launch/"), follow=True)
    assert "Ask somebody else" in answer.text
    signed_in(author).post(path_of(campaign, "approval/"))
    assert state_of(campaign) == "awaiting"
    assert "Approve and launch" in signed_in(colleague).get(path_of(campaign)).text
    signed_in(colleague).post(path_of(campaign, "launch/"))

    assert (state_of(campaign), campaign.approved_by) == ("scheduled", colleague)


def test_why_some_would_not_be_reached(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    friends = ListFactory()
    subscriber(topic, friends)
    subscriber(topic, friends, email="", email_norm="")
    friends.memberships.create(customer=CustomerFactory())
    campaign = CampaignFactory(topic=topic, reach="segments")
    campaign.segments.create(segment=friends)

    words = owner_browser.get(path_of(campaign, "audience/")).text

    assert "of 3 customers in the audience" in words
    assert "never agreed to this topic" in words
    assert "no e-mail address" in words


def test_a_pause_counts_if_it_is_not_over_when_the_campaign_leaves(
    owner_browser: Browser, topic: SubscriptionTopic, workspace: Workspace
) -> None:
    for days in (1, 2, 40):
        pause_messages(subscriber(topic), days=days)
    today = timezone.localdate(timezone=workspace.tzinfo)

    def reached(**when: Any) -> str:
        campaign = CampaignFactory(topic=topic, reach="topic", **when)
        words = owner_browser.get(path_of(campaign, "audience/")).text
        return str(re.search(r'stat-value">(?:about )?(\d+)<', words)[1])  # type: ignore[index]

    assert reached() == "0"
    later = {"send_on": today + timedelta(days=5), "send_time": time(9)}
    assert reached(timing="workspace", **later) == "2"
    assert reached(timing="customer", **later) == "2"
    monthly = {"timing": "workspace", "repeats": "monthly", "repeat_day": (today + timedelta(days=5)).day}
    assert reached(**monthly, send_time=time(9)) == "2"


def test_a_test_goes_to_oneself(owner: User, owner_browser: Browser) -> None:
    owner_browser.post(path_of(CampaignFactory(), "test/"))

    assert list(Message.objects.values_list("address", "purpose")) == [(owner.email, "test")]


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_as_many_queries_however_long_it_is(
    owner_browser: Browser, topic: SubscriptionTopic, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for _ in range(count):
        started(topic=topic)

    with django_assert_num_queries(10):
        owner_browser.get("/messages/campaigns/")


def test_a_newsletter_lists_its_runs(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    fields = {"timing": "workspace", "repeats": "weekly", "week_day": "2", "send_time": "09:00"}
    owner_browser.post("/messages/campaigns/new/", spring(topic, **fields))
    series = launch_campaign(Campaign.objects.get())
    CampaignFactory(series=series, occurs_on=series.occurs_on, name="Spring · 3 March")

    page = owner_browser.get(path_of(series)).text

    assert "Every Tuesday, 09:00 in Europe/Berlin" in page
    assert "Spring · 3 March" in page
