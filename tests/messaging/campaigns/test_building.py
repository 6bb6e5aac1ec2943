from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User, Workspace
from customers.refusals import Refused, ValueRefused
from messaging.actions.campaigns import (
    add_campaign,
    ask_approval,
    cancel_campaign,
    copy_campaign,
    edit_campaign,
    launch_campaign,
    pause_campaign,
    plan_of,
    remove_campaign,
    resume_campaign,
)
from messaging.actions.templates import rewrite_template
from messaging.campaign_plans import CampaignPlan
from messaging.models import Campaign, CampaignState, Reach, Repeats, Timing
from messaging.queries.readiness import problems_of
from messaging.refusals import CampaignNotReady, CampaignUnderWay, NeedsAnotherPerson, WrongMoment
from tests.factories.campaigns import CampaignFactory, ListFactory
from tests.messaging.campaigns.crowd import started, state_of
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")
NINE = time(9)


def plan(**fields: Any) -> CampaignPlan:
    return CampaignPlan(**{"name": "Spring", **fields})


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="Campaign").order_by("pk").values_list("kind", flat=True))


def test_a_draft_may_lack_nearly_everything(owner: User) -> None:
    campaign = add_campaign(plan(name="  Spring   sale "), user=owner)

    assert (campaign.name, campaign.state, campaign.built_by) == ("Spring sale", "draft", owner)
    assert kinds() == ["CampaignAdded"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"per_hour": 59}, "per_hour"),
        ({"holdout_percent": 51}, "holdout_percent"),
        ({"goal_days": 0}, "goal_days"),
        ({"repeats": Repeats.WEEKLY, "repeat_day": 1}, "timing"),
        ({"timing": Timing.WORKSPACE, "send_on": date(2030, 1, 1)}, "send_time"),
        ({"timing": Timing.WORKSPACE, "send_time": NINE}, "send_on"),
        ({"timing": Timing.WORKSPACE, "send_time": NINE, "repeats": Repeats.WEEKLY, "repeat_day": 8}, "repeat_day"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        add_campaign(plan(**fields))

    assert refusal.value.field == field


def test_nobody_is_both_written_to_and_left_out() -> None:
    friends = ListFactory()

    with pytest.raises(ValueRefused, match="both"):
        add_campaign(plan(reach=Reach.SEGMENTS, included=[friends], excluded=[friends]))


def test_an_incomplete_draft_is_not_launched_and_says_what_it_lacks() -> None:
    campaign = add_campaign(plan(reach=Reach.SEGMENTS))

    with pytest.raises(CampaignNotReady) as refusal:
        launch_campaign(campaign)

    assert [problem.field for problem in problems_of(campaign) if not problem.is_warning] == [
        "template",
        "topic",
        "included",
    ]
    assert len(refusal.value.problems) == 3


def test_what_is_launched_keeps_its_words() -> None:
    campaign = launch_campaign(CampaignFactory())
    version = campaign.version

    rewrite_template(campaign.template, subject="Other", body="Other words")

    campaign.refresh_from_db()
    assert campaign.version == version
    assert campaign.state == CampaignState.SCHEDULED


def test_a_text_that_cannot_be_sent_is_found_before_the_launch() -> None:
    campaign = CampaignFactory()
    campaign.template.versions.create(
        number=2, subject="{{ customer.shoe_size }}", body="Hi", text="", html="", layout_hash=""
    )

    with pytest.raises(CampaignNotReady, match="shoe_size"):
        launch_campaign(campaign)


def test_a_scheduled_campaign_that_is_edited_is_a_draft_again() -> None:
    campaign = launch_campaign(CampaignFactory(timing=Timing.WORKSPACE, send_on=date(2030, 1, 1), send_time=NINE))

    campaign = edit_campaign(campaign, replace(plan_of(campaign), name="Summer"))

    assert (campaign.name, campaign.state, campaign.version, campaign.starts_at) == ("Summer", "draft", None, None)


def test_a_campaign_under_way_is_not_edited() -> None:
    campaign = started()

    with pytest.raises(CampaignUnderWay, match="Copy it"):
        edit_campaign(campaign, plan())
    with pytest.raises(CampaignUnderWay):
        remove_campaign(campaign)


def test_a_copy_is_a_draft_of_its_own() -> None:
    friends, rivals = ListFactory(), ListFactory()
    first = add_campaign(plan(reach=Reach.SEGMENTS, included=[friends], excluded=[rivals], per_hour=100))

    copy = copy_campaign(first, name="Again")

    assert replace(plan_of(copy), name="Spring") == plan_of(first)
    remove_campaign(first)
    assert list(Campaign.objects.all()) == [copy]


def test_a_time_that_is_over_is_refused() -> None:
    yesterday = timezone.localdate() - timedelta(days=1)

    with pytest.raises(CampaignNotReady, match="Its time is over"):
        launch_campaign(CampaignFactory(timing=Timing.WORKSPACE, send_on=yesterday, send_time=NINE))


def test_a_time_that_clocks_skip_is_the_next_instant_and_said_so() -> None:
    campaign = CampaignFactory(timing=Timing.WORKSPACE, send_on=date(2030, 3, 31), send_time=time(2, 30))

    words = [problem.text for problem in problems_of(campaign) if problem.is_warning]
    campaign = launch_campaign(campaign)

    assert any("02:30" in text and "03:00" in text for text in words)
    assert campaign.starts_at is not None
    assert campaign.starts_at.isoformat() == "2030-03-31T01:00:00+00:00"


def test_where_another_person_must_approve_the_author_cannot(
    workspace: Workspace, owner: User, member: Callable[[Role], User]
) -> None:
    workspace.needs_approval = True
    workspace.save()
    author, editor = member(Role.MARKETER), member(Role.MARKETER)
    campaign = ask_approval(CampaignFactory(built_by=author, edited_by=editor))

    for somebody in (author, editor, None):
        with pytest.raises(NeedsAnotherPerson):
            launch_campaign(campaign, user=somebody)
    campaign = launch_campaign(campaign, user=owner)

    assert (campaign.state, campaign.approved_by) == ("scheduled", owner)
    assert kinds() == ["CampaignApprovalAsked", "CampaignScheduled"]


@pytest.mark.parametrize("decide", [pause_campaign, resume_campaign, cancel_campaign])
def test_what_is_decided_at_the_wrong_moment_changes_nothing(decide: Callable[[Campaign], Campaign]) -> None:
    campaign = CampaignFactory()

    with pytest.raises(WrongMoment):
        decide(campaign)

    assert state_of(campaign) == "draft"


def test_a_campaign_is_launched_once() -> None:
    campaign = launch_campaign(CampaignFactory())

    with pytest.raises(Refused):
        launch_campaign(campaign)
