from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from messaging.actions.campaigns import count_campaign, start_due_campaigns
from messaging.models import Campaign
from tests.api.conftest import ApiClient, api_client
from tests.factories.campaigns import CampaignFactory, ListFactory
from tests.factories.messaging import TopicFactory
from tests.messaging.campaigns.crowd import fails, gathered, leaves, started, subscriber
from tests.messaging.campaigns.test_running import due

pytestmark = pytest.mark.usefixtures("workspace")
SPRING: dict[str, Any] = {"name": "Spring", "subject": "It is spring", "body": "Come and see.", "topic": "news"}


def test_a_campaign_is_written_launched_paused_resumed_and_cancelled(shop: ApiClient) -> None:
    TopicFactory(key="news")
    friends = ListFactory()
    segment = encode_id("seg", friends.pk)

    made = shop.tell("/campaigns", {**SPRING, "reach": "segments", "included": [segment], "per_hour": 600})
    address = f"/campaigns/{made.json()['id']}"

    assert made.status_code == 201
    assert (made.json()["state"], made.json()["included"], made.json()["topic"]) == ("draft", [segment], "news")
    assert shop.tell(f"{address}/launch", {}).json()["state"] == "scheduled"
    start_due_campaigns(now=timezone.now())
    assert shop.tell(f"{address}/pause", {}).json()["pause_reason"] == "by_hand"
    assert shop.tell(f"{address}/resumption", {}).json()["state"] == "sending"
    assert shop.tell(f"{address}/cancellation", {}).json()["state"] == "cancelled"
    again = shop.tell(f"{address}/cancellation", {})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert [each["name"] for each in shop.ask("/campaigns", state="cancelled").json()["data"]] == ["Spring"]


def test_approval_is_asked_for(shop: ApiClient) -> None:
    TopicFactory(key="news")
    address = f"/campaigns/{shop.tell('/campaigns', SPRING).json()['id']}"

    assert shop.tell(f"{address}/approval", {}).json()["state"] == "awaiting"
    assert shop.tell(f"{address}/approval", {}).status_code == 409


def test_what_failed_is_tried_again_for_the_reasons_that_are_named(shop: ApiClient) -> None:
    topic = TopicFactory(key="news")
    failed = due(topic, 1)[0]
    fails(failed, reason="refused")
    assert failed.campaign is not None
    address = f"/campaigns/{encode_id('cmp', failed.campaign.pk)}/retry"

    assert shop.tell(address, {"reasons": ["no such"]}).json()["error"]["param"] == "reasons[0]"
    assert shop.tell(address, {"reasons": []}).status_code == 422
    assert shop.tell(address, {"reasons": ["refused"]}).json()["state"] == "sending"
    assert Campaign.objects.get().retry_reasons == ["refused"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"topic": "shoes"}, "topic"),
        ({"body": ""}, "body"),
        ({"body": "Hi {{ customer.shoe_size }}"}, "body"),
        ({"holdout_percent": 80}, "holdout_percent"),
        ({"timing": "workspace", "send_on": "2027-05-01"}, "send_time"),
        ({"timing": "workspace", "send_on": "2027-05-01", "send_time": "25:00"}, "send_time"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_field(shop: ApiClient, fields: dict[str, Any], param: str) -> None:
    TopicFactory(key="news")

    answer = shop.tell("/campaigns", {**SPRING, **fields})

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert not Campaign.objects.exists()


def test_a_key_that_writes_may_not_send(workspace: Workspace) -> None:
    writer = api_client(workspace, scopes=[ApiScope.CAMPAIGNS_WRITE])
    address = f"/campaigns/{encode_id('cmp', CampaignFactory().pk)}"

    answer = writer.tell(f"{address}/launch", {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")


def test_where_a_person_must_approve_a_key_can_not(workspace: Workspace, shop: ApiClient) -> None:
    workspace.needs_approval = True
    workspace.save()

    answer = shop.tell(f"/campaigns/{encode_id('cmp', CampaignFactory().pk)}/launch", {})

    assert answer.status_code == 409


def test_the_report_says_what_was_counted(shop: ApiClient) -> None:
    topic = TopicFactory(key="news")
    subscriber(topic)
    campaign = started(topic=topic)
    leaves(gathered(campaign).get())
    count_campaign(campaign)

    report = shop.ask(f"/campaigns/{encode_id('cmp', campaign.pk)}/report").json()

    assert (report["figures"]["audience"], report["figures"]["sent"]) == (1, 1)
    assert (report["revenue_minor"], report["currency"], report["lift"]) == (0, "EUR", None)
    assert report["counted_at"] is not None
