"""Somebody signs up by themselves, and becomes a customer who can be written to."""

from __future__ import annotations

from accounts.models import Workspace
from customers.models import Customer
from messaging.actions import add_default_topics
from messaging.eligibility import consents_of
from messaging.models import ConsentState, SubscriptionTopic
from tests.client import Browser
from tests.journeys.conftest import Worker, letters, link_in
from tests.relay import Relay

LINA = "lina@mail.example"


def test_join_page_to_opt_in_to_profile(
    workspace: Workspace, browser: Browser, owner_browser: Browser, worker: Worker, relay: Relay
) -> None:
    add_default_topics()
    greetings = SubscriptionTopic.objects.get(key="greetings")

    browser.post(
        f"/p/{workspace.public_key}/join/",
        {"name": "Lina Haas", "email": LINA, "birth_day": "3", "birth_month": "5", "topics": [greetings.pk]},
    )
    worker()
    (asked,) = letters(relay, to=LINA)
    assert asked["Subject"] == "Please confirm your subscription"
    lina = Customer.objects.get()
    assert state_of(lina, greetings) == ConsentState.PENDING

    confirmation = link_in(asked, "/p/confirm/")
    browser.get(confirmation)  # a scanner follows it first: nothing happens yet
    assert state_of(lina, greetings) == ConsentState.PENDING
    browser.post(confirmation)
    worker()

    assert state_of(lina, greetings) == ConsentState.GIVEN
    page = owner_browser.get(f"/customers/{lina.pk}/").content.decode()
    assert "Lina Haas" in page
    assert "join page" in page
    assert "May 3" in page or "3 May" in page
    assert len(letters(relay, to=LINA)) == 1


def state_of(customer: Customer, topic: SubscriptionTopic) -> str | None:
    return consents_of([customer.pk], [topic.pk]).get((customer.pk, topic.pk))
