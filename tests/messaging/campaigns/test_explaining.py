"""Why somebody did or did not get it: by what is stored, else by asking again."""

from __future__ import annotations

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import archive_customer
from customers.actions.segments import add_segment, keep_segments
from customers.segments.definitions import definition_of
from messaging import actions
from messaging.models import SubscriptionTopic
from messaging.queries import Explanation, explain_campaign
from messaging.reasons import Reason
from tests.client import Browser
from tests.factories.campaigns import CampaignFactory
from tests.factories.customers import CustomerFactory
from tests.messaging.campaigns.crowd import gathered, started, subscriber, to_lists


def points(explanation: Explanation) -> list[tuple[str, bool | None, int]]:
    return [(point.text, point.holds, point.depth) for point in explanation.points]


def test_who_has_a_message_is_told_what_became_of_it(topic: SubscriptionTopic) -> None:
    customer = subscriber(topic)
    campaign = started(topic=topic)
    messages = gathered(campaign)
    assert explain_campaign(campaign, customer).answer == "Waiting."

    actions.skip_messages(messages, reason=Reason.UNSUBSCRIBED)

    explanation = explain_campaign(campaign, customer)
    assert (explanation.answer, explanation.got) == ("Not sent. The recipient unsubscribed from everything.", False)
    assert explanation.url.endswith(f"/{messages.get().pk}/")


def test_who_never_agreed_was_not_in_the_audience(topic: SubscriptionTopic) -> None:
    stranger = CustomerFactory()
    campaign = started(topic=topic)
    gathered(campaign)

    explanation = explain_campaign(campaign, stranger)

    assert "did not belong to its audience" in explanation.answer
    assert points(explanation) == [(f"Agrees to “{topic}”", False, 0)]


def test_of_a_segment_each_condition_is_asked_again(workspace: Workspace, topic: SubscriptionTopic) -> None:
    rule = {
        "match": "all",
        "rules": [
            {"field": "city", "is": "equals", "value": "Rome"},
            {"match": "none", "rules": [{"field": "orders", "is": "at_least", "value": 1}]},
        ],
    }
    romans = add_segment(name="Romans", definition=definition_of(rule))
    blocked = add_segment(name="Regulars", definition=definition_of({"match": "all", "rules": rule["rules"][:1]}))
    customer = subscriber(topic, city="Berlin")
    keep_segments(workspace)
    campaign = to_lists(topic, romans, excluded=blocked)
    gathered(campaign)

    assert points(explain_campaign(campaign, customer)) == [
        ("Is in “Romans”", False, 0),
        ("All of these:", False, 1),
        ("City is Rome", False, 2),
        ("None of these:", True, 2),
        ("Orders at least 1", False, 3),
        ("Is not in “Regulars”, which is left out", True, 0),
    ]


def test_before_it_begins_it_is_asked_whether_they_would_get_it(topic: SubscriptionTopic) -> None:
    customer = subscriber(topic, email="", email_norm="")
    archive_customer(customer)
    customer.refresh_from_db()

    explanation = explain_campaign(CampaignFactory(topic=topic, state="scheduled"), customer)

    assert "has not begun" in explanation.answer
    assert points(explanation) == [
        ("The customer is archived.", False, 0),
        ("The customer has no e-mail address.", False, 0),
        (f"Agrees to “{topic}”", True, 0),
    ]


def test_the_page_explains_and_says_what_it_does_not_know(owner_browser: Browser, topic: SubscriptionTopic) -> None:
    customer = CustomerFactory(email="maria@mail.example")
    campaign = started(topic=topic, name="Rye is back")
    gathered(campaign)
    address = "/w/bakery/messages/why/"

    page = owner_browser.get(address, {"customer": "maria@mail.example", "about": f"campaign:{campaign.pk}"})
    assert page.status_code == 200
    assert "did not belong to its audience" in page.content.decode()
    assert str(customer) in page.content.decode()

    for words in (
        {"customer": "nobody@x.example", "about": f"campaign:{campaign.pk}"},
        {"customer": "maria@mail.example", "about": "campaign:999"},
        {"customer": "9" * 30, "about": "x"},
    ):
        assert owner_browser.get(address, words).status_code == 422


def test_before_anything_was_launched_the_page_says_so(owner_browser: Browser) -> None:
    assert "nothing was launched" in owner_browser.get("/w/bakery/messages/why/").content.decode()


def test_nothing_is_explained_of_another_workspace(
    owner_browser: Browser, topic: SubscriptionTopic, other_workspace: Workspace
) -> None:
    with workspace_scope(other_workspace):
        actions.add_default_topics()
        theirs = CampaignFactory(topic=SubscriptionTopic.objects.get(key="newsletter"), state="completed")
        stranger = CustomerFactory()

    for words in (
        {"customer": str(stranger.pk), "about": f"campaign:{started(topic=topic).pk}"},
        {"customer": str(CustomerFactory().pk), "about": f"campaign:{theirs.pk}"},
    ):
        assert owner_browser.get("/w/bakery/messages/why/", words).status_code == 422
