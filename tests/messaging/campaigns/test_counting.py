"""What a report says, and what stops a campaign by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.actions.campaigns import count_campaign, mark_stale, watching
from messaging.actions.campaigns.counting import begin_count, tallies_to_count
from messaging.events import MessageBounced, MessageComplained
from messaging.models import Campaign, CampaignTally, Conversion, Message, SubscriptionTopic
from messaging.queries.campaigns import report_of
from messaging.queries.outcomes import BUYERS, OUTCOMES, outcome_condition
from tests.factories.sales import OrderFactory
from tests.messaging.campaigns.crowd import fails, gathered, leaves, messages_of, started, state_of, subscriber
from timeline.models import Event
from timeline.recording import record_many

Drained = Callable[[], AbstractContextManager[None]]
pytestmark = pytest.mark.usefixtures("workspace")


def sent(topic: SubscriptionTopic, count: int, **fields: object) -> tuple[Campaign, list[Message]]:
    for _ in range(count):
        subscriber(topic)
    campaign = started(topic=topic, **fields)
    messages = list(gathered(campaign).filter(state="queued"))
    leaves(*messages)
    return campaign, messages


def test_every_figure_is_the_number_of_people_that_it_opens(topic: SubscriptionTopic) -> None:
    for _ in range(40):
        subscriber(topic)
    campaign = started(topic=topic, holdout_percent=20)
    first, second, third, fourth, fifth, *_rest = gathered(campaign).filter(state="queued")
    leaves(first, second)
    leaves(third, then="bounced")
    fails(fourth)
    Message.objects.filter(pk=fifth.pk).update(state="skipped", reason="no_consent")
    now = timezone.now()
    Message.objects.filter(pk=first.pk).update(opened_at=now, clicked_at=now, unsubscribed_at=now)
    Message.objects.filter(pk=second.pk).update(machine_opened_at=now)
    held_out = messages_of(campaign).filter(reason="holdout")[0]
    for message in (first, first, held_out):
        order = OrderFactory(customer=message.customer, placed_at=message.not_before + timedelta(hours=1))
    OrderFactory(customer=second.customer, placed_at=second.not_before + timedelta(days=6))
    Conversion.objects.create(
        message=first,
        order=order,
        campaign=campaign,
        touch="clicked",
        touched_at=now,
        converted_at=now,
        value_minor=999,
    )

    count_campaign(campaign)
    report = report_of(campaign)

    assert report is not None
    shown = {name: report.figures[name] for name in OUTCOMES}
    assert shown == {name: messages_of(campaign).filter(outcome_condition(name, campaign)).count() for name in OUTCOMES}
    assert (shown["sent"], shown["opened"], shown["opened_at_all"], shown["converted"]) == (3, 1, 2, 1)
    assert (shown["buyers"], shown["held_out_buyers"]) == (1, 1)
    assert report.tally.revenue_minor == 999
    assert report.figures["audience"] == 40


def test_what_a_message_waits_for_does_not_move_its_days_of_the_goal(topic: SubscriptionTopic) -> None:
    """An order of the night counts for both groups, though one of them is written to in the morning."""
    for _ in range(20):
        subscriber(topic)
    campaign = started(topic=topic, holdout_percent=50)
    messages = gathered(campaign)
    chosen = [messages.filter(reason=reason)[0] for reason in ("", "holdout")]
    messages.filter(state="queued").update(not_before=timezone.now() + timedelta(hours=10))
    for message in chosen:
        OrderFactory(customer=message.customer, placed_at=message.not_before + timedelta(hours=1))

    tally = count_campaign(campaign)

    assert (tally.buyers, tally.held_out_buyers) == (1, 1)
    found = [messages.filter(outcome_condition(name, campaign)) for name in BUYERS]
    assert [list(each) for each in found] == [[message] for message in chosen]


def test_what_happens_makes_the_count_stale_and_what_happens_while_it_is_counted_too(
    topic: SubscriptionTopic,
) -> None:
    campaign, [message] = sent(topic, 1)
    [tally] = tallies_to_count(now=timezone.now())
    begin_count(tally)
    mark_stale([message.pk])

    count_campaign(campaign)

    tally.refresh_from_db()
    assert tally.is_stale
    assert tallies_to_count(now=timezone.now()) == []
    assert tallies_to_count(now=timezone.now() + timedelta(seconds=3)) == [tally]


def test_a_count_that_takes_long_rests_long(topic: SubscriptionTopic) -> None:
    campaign, _ = sent(topic, 1)
    count_campaign(campaign)
    CampaignTally.objects.update(took_ms=1000, is_stale=True)

    assert tallies_to_count(now=timezone.now() + timedelta(seconds=19)) == []
    assert len(tallies_to_count(now=timezone.now() + timedelta(seconds=21))) == 1


def test_a_count_whose_worker_died_is_made_again(topic: SubscriptionTopic) -> None:
    sent(topic, 1)
    [tally] = tallies_to_count(now=timezone.now())
    begin_count(tally)

    assert tallies_to_count(now=timezone.now()) == []
    assert tallies_to_count(now=timezone.now() + timedelta(minutes=3)) == [tally]


@pytest.mark.parametrize(("state", "total"), [("paused", 40), ("sending", 41)])
def test_a_campaign_that_too_many_come_back_from_pauses_by_itself(
    topic: SubscriptionTopic, drained: Drained, monkeypatch: pytest.MonkeyPatch, state: str, total: int
) -> None:
    monkeypatch.setattr(watching, "BOUNCES_FROM", 20)
    campaign, messages = sent(topic, total)
    Message.objects.filter(pk__in=[message.pk for message in messages[:2]]).update(state="bounced")

    with drained():
        record_many(
            MessageBounced(customer_id=message.customer_id, message_id=message.pk, purpose="campaign")
            for message in messages[:2]
        )

    assert state_of(campaign) == state
    if state == "paused":
        assert (campaign.pause_reason, campaign.pause_detail) == ("bounces", "2 of the first 40.")
        assert Event.objects.get(kind="CampaignPaused").payload["reason"] == "bounces"


def test_one_complaint_in_a_thousand_pauses_it_but_not_one_in_a_few(
    topic: SubscriptionTopic, drained: Drained, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, messages = sent(topic, 5)
    Message.objects.filter(pk=messages[0].pk).update(state="complained")
    event = MessageComplained(customer_id=None, message_id=messages[0].pk, purpose="campaign")
    with drained():
        record_many([event])
    assert state_of(campaign) == "sending"

    monkeypatch.setattr(watching, "COMPLAINTS_FROM", 5)
    with drained():
        record_many([event])

    assert state_of(campaign) == "paused"
