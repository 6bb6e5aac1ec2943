from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import archive_customer
from customers.models import Segment
from messaging.actions.campaigns import gather_audience, launch_campaign, start_due_campaigns
from messaging.actions.campaigns.running import complete_campaigns
from messaging.holdout import is_held_out
from messaging.models import CampaignState, Message, Reach, SubscriptionTopic, Timing
from messaging.queries.audiences import Audience
from tests.factories.campaigns import CampaignFactory, ListedFactory, ListFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory
from tests.messaging.campaigns.crowd import at, gathered, leaves, messages_of, started, state_of, subscriber, to_lists
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def test_everybody_who_agreed_to_the_topic_gets_one(topic: SubscriptionTopic, other_workspace: Workspace) -> None:
    wanted = [subscriber(topic) for _ in range(3)]
    CustomerFactory()
    left = subscriber(topic)
    ConsentFactory(customer=left, topic=topic, state="withdrawn", at=timezone.now() + timedelta(seconds=1))
    archive_customer(subscriber(topic))
    with workspace_scope(other_workspace):
        CustomerFactory()

    campaign = started(topic=topic)
    messages = gathered(campaign, limit=2)

    assert [message.customer for message in messages] == wanted
    assert {(message.purpose, message.priority, message.state) for message in messages} == {("campaign", 90, "queued")}
    assert {message.template_version for message in messages} == {campaign.version}
    assert (campaign.audience_count, campaign.gathered_at is not None) == (3, True)
    assert Audience(campaign).count() == 3


def test_somebody_on_several_lists_gets_one_and_the_excluded_get_none(topic: SubscriptionTopic) -> None:
    friends, buyers, rivals = ListFactory(), ListFactory(), ListFactory()
    both = subscriber(topic, friends, buyers)
    one = subscriber(topic, buyers)
    subscriber(topic, friends, rivals)
    stranger = CustomerFactory()
    ListedFactory(segment=friends, customer=stranger)

    campaign = to_lists(topic, friends, buyers, excluded=rivals)
    messages = gathered(campaign, limit=1)

    # Whoever never agreed has a row too: it says why nothing was sent.
    assert [message.customer for message in messages] == [both, one, stranger]
    assert Audience(campaign).count() == 3


def test_looking_again_at_what_was_done_adds_nobody(topic: SubscriptionTopic) -> None:
    for _ in range(4):
        subscriber(topic)
    campaign = started(topic=topic)
    gathered(campaign, limit=3)

    campaign.place, campaign.gathered_at = 0, None
    campaign.save()
    messages = gathered(campaign, limit=3)

    assert messages.count() == 4


def test_a_customer_merged_meanwhile_is_not_written_to_twice(topic: SubscriptionTopic) -> None:
    first, second = subscriber(topic), subscriber(topic)
    campaign = started(topic=topic)
    gather_audience(campaign, limit=1)
    Message.objects.filter(customer=first).update(customer=second)

    assert gathered(campaign, limit=1).count() == 1


def test_the_held_out_have_a_row_and_an_entry_on_their_timeline(topic: SubscriptionTopic) -> None:
    for _ in range(60):
        subscriber(topic)
    campaign = started(topic=topic, holdout_percent=30)

    messages = gathered(campaign, limit=20)

    held = messages.filter(state="skipped", reason="holdout")
    assert {message.customer_id for message in held} == {
        message.customer_id
        for message in messages
        if message.customer_id and is_held_out(str(campaign.pk), message.customer_id, percent=30)
    }
    assert 5 < held.count() < 35
    assert messages.count() == 60
    assert Event.objects.filter(kind="MessageSkipped").count() == held.count()


def test_the_draw_is_even_and_another_in_each_campaign() -> None:
    draws = [[is_held_out(draw, customer, percent=10) for customer in range(10_000)] for draw in ("1", "2")]

    assert all(900 < sum(draw) < 1100 for draw in draws)
    assert sum(a and b for a, b in zip(*draws, strict=True)) < 150


def test_each_customer_is_written_to_by_their_own_clock(topic: SubscriptionTopic) -> None:
    zones = {"Asia/Tokyo": "2030-03-01 00:30", "America/Lima": "2030-03-01 14:30", "": "2030-03-01 08:30"}
    for zone in (*zones, "No/Where"):
        subscriber(topic, zone=zone)

    campaign = started(topic=topic, timing=Timing.CUSTOMER, send_on=date(2030, 3, 1), send_time=time(9, 30))
    messages = gathered(campaign)

    assert [message.not_before for message in messages] == [at(due) for due in (*zones.values(), "2030-03-01 08:30")]
    assert campaign.started_at == at("2030-02-28 19:30")


def test_a_segment_that_still_looks_at_everybody_is_waited_for(topic: SubscriptionTopic) -> None:
    friends = ListFactory(build_from=0)
    subscriber(topic, friends)
    campaign = to_lists(topic, friends)

    assert gather_audience(campaign).is_waiting
    assert not messages_of(campaign).exists()
    Segment.objects.update(build_from=None)
    assert gathered(campaign).count() == 1


def test_one_that_lost_its_segment_before_its_time_pauses_and_says_why(topic: SubscriptionTopic) -> None:
    friends = ListFactory()
    campaign = CampaignFactory(topic=topic, reach=Reach.SEGMENTS)
    campaign.segments.create(segment=friends)
    launch_campaign(campaign)
    Segment.objects.update(archived_at=timezone.now())

    start_due_campaigns(now=timezone.now())

    assert state_of(campaign) == CampaignState.PAUSED
    assert (campaign.pause_reason, friends.name in campaign.pause_detail) == ("not_ready", True)


def test_it_is_complete_when_nothing_is_left_to_be_sent(topic: SubscriptionTopic) -> None:
    subscriber(topic)
    campaign = started(topic=topic)
    assert complete_campaigns(now=timezone.now()) == []
    message = gathered(campaign).get()
    assert complete_campaigns(now=timezone.now()) == []

    leaves(message)

    assert complete_campaigns(now=timezone.now()) == [campaign]
    assert complete_campaigns(now=timezone.now()) == []


def test_an_audience_of_nobody_completes(topic: SubscriptionTopic) -> None:
    campaign = started(topic=topic)
    gathered(campaign)

    assert complete_campaigns(now=timezone.now()) == [campaign]


@pytest.mark.parametrize("count", [1, 3])
def test_a_stretch_takes_as_many_queries_whoever_is_in_it(
    topic: SubscriptionTopic, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        subscriber(topic)
    campaign = started(topic=topic)

    with django_assert_num_queries(12):
        gather_audience(campaign)
