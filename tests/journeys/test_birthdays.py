"""A greeting on the morning of a birthday, and the way out of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Workspace
from customers.models import Customer
from messaging.actions import Evidence, add_default_topics, give_consent, switch_on_greeting
from messaging.models import ConsentSource, Message, SubscriptionTopic
from messaging.reasons import reason_in_words
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.journeys.conftest import Worker, letters, link_in
from tests.relay import Relay

# In the past, as the database has a clock of its own. Ten o'clock in Berlin.
MORNING = datetime(2024, 5, 3, 8, 0, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def lina(workspace: Workspace) -> Customer:
    """She agreed to greetings, and has her birthday on 3 May."""
    add_default_topics()
    lina: Customer = CustomerFactory(name="Lina Haas", email="lina@mail.example", birth_monthday=503)
    agreed = Evidence(source=ConsentSource.STAFF, at=MORNING - timedelta(days=90))
    give_consent(lina, [SubscriptionTopic.objects.get(key="greetings")], evidence=agreed)
    return lina


def test_greeting_once_then_unsubscribed_then_never_again(
    lina: Customer, browser: Browser, worker: Worker, relay: Relay
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        switch_on_greeting()
        worker()
        worker()
        (greeting,) = letters(relay, to=lina.email)
        assert "Lina" in greeting["Subject"]
        assert "Hello Lina" in greeting.get_body(("plain",)).get_content()  # type: ignore[union-attr]

        clock.shift(timedelta(days=1))
        one_click = greeting["List-Unsubscribe"].strip("<>")
        assert greeting["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link_in(greeting, "/p/unsubscribe/") in one_click
        assert browser.post(link_in(greeting, "/p/unsubscribe/"), ONE_CLICK).status_code == 200

        clock.move_to(MORNING.replace(year=2025))
        worker()

    assert len(letters(relay, to=lina.email)) == 1
    unsent = Message.objects.get(dedupe_key__endswith=":2025")
    assert (unsent.state, unsent.reason) == ("skipped", "withdrawn")


def test_who_agreed_to_nothing_gets_nothing_and_the_reason_is_kept(
    lina: Customer, worker: Worker, relay: Relay
) -> None:
    silent = CustomerFactory(name="Otto Silent", birth_monthday=503)
    with time_machine.travel(MORNING, tick=False):
        switch_on_greeting()
        worker()

    assert relay.recipients == [lina.email]
    unsent = Message.objects.get(customer=silent)
    assert reason_in_words(unsent.reason) == "The customer never agreed to this topic."
