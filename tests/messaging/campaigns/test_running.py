"""A campaign on its way: claimed, paused, resumed, cancelled, tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Doorbell, Workspace
from messaging.actions.campaigns import (
    cancel_campaign,
    keep_campaigns,
    launch_campaign,
    pause_campaign,
    requeue_failed,
    resume_campaign,
    retry_campaign,
    take_back_messages,
)
from messaging.actions.claiming import claim_messages, new_token, release_messages
from messaging.actions.outcomes import Mark, advance_messages
from messaging.actions.queueing import CAMPAIGNS
from messaging.actions.settling import Finding, settle_by_evidence
from messaging.models import Campaign, CampaignState, Message, MessageEvent, Priority, SubscriptionTopic
from messaging.queries.allowance import pace_of
from messaging.queries.outbox import next_due_at
from messaging.sending.rounds import send_due
from messaging.tasks import run_campaigns
from tests.factories.campaigns import CampaignFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.campaigns.crowd import fails, gathered, leaves, started, state_of, subscriber
from tests.messaging.sending.outbox import put_in_doubt, states
from tests.relay import Relay

pytestmark = pytest.mark.usefixtures("workspace")
PAST = timedelta(minutes=5)


def due(topic: SubscriptionTopic, count: int = 3, **fields: Any) -> list[Message]:
    """What waits of a campaign to so many."""
    for _ in range(count):
        subscriber(topic)
    messages = gathered(started(topic=topic, **fields))
    messages.filter(state="queued").update(not_before=timezone.now() - PAST)
    return list(messages)


def claimed(limit: int = 10) -> list[Message]:
    return claim_messages(limit=limit, token=new_token())


def test_what_was_asked_for_goes_before_any_campaign(topic: SubscriptionTopic) -> None:
    messages = due(topic, 2)
    asked = MessageFactory(priority=Priority.TRANSACTIONAL)

    assert claimed(2) == [asked, messages[0]]
    assert claimed(2) == [messages[1]]


def test_campaigns_share_what_is_left(topic: SubscriptionTopic) -> None:
    first = due(topic, 10)[0].campaign
    due(topic, 0)

    shares = [message.campaign for message in claimed(10)]

    assert sorted({shares.count(first), 10 - shares.count(first)}) == [5]


def test_a_paused_campaign_gives_nothing_and_does_not_ring(topic: SubscriptionTopic) -> None:
    messages = due(topic)
    campaign = messages[0].campaign
    assert campaign is not None

    pause_campaign(campaign)

    assert (claimed(), next_due_at()) == ([], None)
    resume_campaign(campaign)
    assert claimed() == messages


def test_what_is_in_hand_when_it_is_paused_goes_back(topic: SubscriptionTopic) -> None:
    messages = due(topic)
    campaign = messages[0].campaign
    assert campaign is not None
    token = new_token()
    claim_messages(limit=10, token=token)

    pause_campaign(campaign)

    assert advance_messages(token=token, marks=[Mark(message.pk) for message in messages]) == set()
    assert release_messages(token=token) == 3
    assert states(*messages) == ["queued"] * 3
    resume_campaign(campaign)
    assert claimed() == messages


def test_what_leaves_before_the_pause_is_not_sent_again_after_it(
    workspace: Workspace, topic: SubscriptionTopic, relay: Relay
) -> None:
    messages = due(topic)
    campaign = messages[0].campaign
    assert campaign is not None
    leaves(messages[0])

    pause_campaign(campaign)
    assert send_due(workspace).claimed == 0
    resume_campaign(campaign)
    send_due(workspace)

    assert states(*messages) == ["sent"] * 3
    assert sorted(letter.recipient for letter in relay.received) == sorted(each.address for each in messages[1:])


def test_a_cancelled_campaign_takes_back_what_has_not_left(topic: SubscriptionTopic) -> None:
    messages = due(topic)
    campaign = messages[0].campaign
    assert campaign is not None
    leaves(messages[0])
    claimed(1)

    cancel_campaign(campaign)
    assert claimed() == []
    while not take_back_messages(campaign, limit=1):
        pass

    assert states(*messages) == ["sent", "cancelled", "cancelled"]
    assert {message.reason for message in Message.objects.filter(state="cancelled")} == {"campaign_cancelled"}


def test_what_turns_out_not_to_have_left_a_cancelled_campaign_is_taken_back(
    workspace: Workspace, topic: SubscriptionTopic
) -> None:
    message = put_in_doubt(due(topic, 1)[0])
    assert message.campaign
    assert message.tried_at
    cancel_campaign(message.campaign)

    settle_by_evidence([Finding(message.pk, message.tried_at, is_accepted=False)], evidence="log")
    keep_campaigns(workspace)

    assert states(message) == ["cancelled"]


def test_what_turns_out_not_to_have_left_a_completed_campaign_goes_out(
    workspace: Workspace, topic: SubscriptionTopic
) -> None:
    message = put_in_doubt(due(topic, 1)[0])
    assert message.campaign
    assert message.tried_at
    keep_campaigns(workspace)
    assert state_of(message.campaign) == CampaignState.COMPLETED

    settle_by_evidence([Finding(message.pk, message.tried_at, is_accepted=False)], evidence="log")
    keep_campaigns(workspace)

    assert state_of(message.campaign) == CampaignState.SENDING
    Message.objects.filter(pk=message.pk).update(not_before=timezone.now() - PAST)
    assert claimed() == [message]


def test_only_what_failed_for_the_chosen_reasons_is_tried_again(topic: SubscriptionTopic) -> None:
    sent, gone, refused, doubtful = messages = due(topic, 4)
    campaign = sent.campaign
    assert campaign is not None
    leaves(sent)
    fails(gone, reason="gave_up")
    fails(refused, reason="refused")
    put_in_doubt(doubtful)

    retry_campaign(campaign, reasons=["gave_up"])
    while not requeue_failed(campaign, limit=1):
        pass

    assert states(*messages) == ["sent", "queued", "failed", "unknown"]
    gone.refresh_from_db()
    assert (gone.attempts, gone.reason) == (0, "")
    assert MessageEvent.objects.get(message=gone, kind="retried").detail == "gave_up"
    campaign.refresh_from_db()
    assert campaign.retry_asked_at is None


def test_what_fails_again_is_not_tried_for_ever(topic: SubscriptionTopic) -> None:
    message = due(topic, 1)[0]
    assert message.campaign is not None
    fails(message)
    retry_campaign(message.campaign, reasons=["gave_up"])
    assert not requeue_failed(message.campaign, limit=1)

    fails(message)

    assert requeue_failed(message.campaign, limit=1)
    assert states(message) == ["failed"]


@pytest.mark.parametrize("state", ["sent", "delivered", "bounced", "unknown", "skipped"])
def test_a_failed_message_alone_is_tried_again(topic: SubscriptionTopic, state: str) -> None:
    message = due(topic, 1)[0]
    assert message.campaign is not None
    rows = Message.objects.filter(pk=message.pk)
    if state == "unknown":
        put_in_doubt(message)
    elif state == "skipped":
        rows.update(state="skipped", reason="blocked")
    else:
        leaves(message, then=state if state != "sent" else "")

    retry_campaign(message.campaign, reasons=["gave_up", "blocked"])
    requeue_failed(message.campaign)

    assert states(message) == [state]


def test_the_database_lets_no_other_failed_message_back(topic: SubscriptionTopic) -> None:
    message = MessageFactory()
    fails(message)

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(state="queued", reason="", attempts=0)


def test_the_pace_of_a_campaign_holds_for_it_alone(topic: SubscriptionTopic) -> None:
    messages = due(topic, 4, per_hour=120)
    asked = MessageFactory()

    assert claimed() == [asked, *messages[:2]]
    assert claimed() == []
    leaves(*messages[:2])
    assert claimed() == []
    Message.objects.exclude(tried_at=None).update(tried_at=timezone.now() - timedelta(seconds=61))
    assert claimed() == messages[2:]


@pytest.mark.parametrize("per_hour", [60, 61, 100, 119, 179, 3598, 3600, 100_003, 10_000_000])
def test_an_hour_has_room_for_its_pace_and_never_for_more(topic: SubscriptionTopic, per_hour: int) -> None:
    pace = pace_of(Campaign(pk=0, per_hour=per_hour))

    in_an_hour = pace.messages * round(timedelta(hours=1) / pace.window)
    assert per_hour * 0.99 < in_an_hour <= per_hour
    assert pace.window <= timedelta(minutes=2)


def test_a_campaign_goes_from_launch_to_its_end_by_itself(
    workspace: Workspace, topic: SubscriptionTopic, relay: Relay
) -> None:
    people = [subscriber(topic) for _ in range(3)]
    campaign = launch_campaign(CampaignFactory(topic=topic))
    assert Doorbell.objects.filter(queue=CAMPAIGNS, workspace=workspace).exists()

    run_campaigns.run(workspace)
    Message.objects.update(not_before=timezone.now() - PAST)
    send_due(workspace)
    run_campaigns.run(workspace)

    assert state_of(campaign) == CampaignState.COMPLETED
    assert {letter.recipient for letter in relay.received} == {customer.email for customer in people}
    # Whoever orders in the days of the goal is counted now and then.
    [next_look] = Doorbell.objects.filter(queue=CAMPAIGNS).values_list("due_at", flat=True)
    assert next_look > timezone.now() + timedelta(minutes=9)
