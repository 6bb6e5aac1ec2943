"""Flows as customers and marketers live through them: through pages, the shop's API, and the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Workspace
from customers.models import Customer, ExternalId
from messaging.actions import Evidence, add_default_topics, give_consent
from messaging.actions.policies import set_quiet_hours
from messaging.models import ConsentSource, Enrolment, Flow, Message, SubscriptionTopic
from messaging.tasks import run_flows, send_messages
from tests.api.conftest import ApiClient, api_client
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.journeys.conftest import letters
from tests.relay import Relay

# Noon in Berlin, in the past: the database has a clock of its own.
NOON = datetime(2024, 5, 3, 10, 0, tzinfo=UTC)
LOAF = {"sku": "RYE", "name": "Rye loaf", "price": 4.5, "quantity": 2}


@dataclass
class Day:
    """The bakery with its marketer, its shop, its worker, and Anna, who agreed to the newsletter."""

    workspace: Workspace
    anna: Customer
    browser: Browser
    shop: ApiClient
    relay: Relay
    clock: time_machine.Traveller
    drained: Callable[[], AbstractContextManager[None]]

    def switch_on(self, preset: str) -> None:
        """As a marketer does it: from the gallery, and on."""
        assert self.browser.post(f"/messages/flows/new/{preset}/").status_code == 302
        flow = Flow.objects.get(preset=preset)
        assert self.browser.post(f"/messages/flows/{flow.pk}/switch/", {"is_on": "1"}).status_code == 302
        assert Flow.objects.on().filter(pk=flow.pk).exists()

    def touch(self, at: datetime) -> None:
        self._told("Product Added", at, {"cart_id": "c-1", **LOAF})

    def order(self, at: datetime, number: str = "W-1") -> None:
        self._told("Order Completed", at, {"order_id": number, "total": 9, "currency": "EUR", "products": [LOAF]})

    def work(self) -> None:
        """What is due goes on and leaves; then what happened is heard."""
        with self.drained():
            run_flows.run(self.workspace)
            send_messages.run(self.workspace)

    def subjects(self) -> list[str]:
        return [letter["Subject"] for letter in letters(self.relay, to=self.anna.email)]

    def _told(self, event: str, at: datetime, properties: dict[str, Any]) -> None:
        call = {"event": event, "userId": "anna", "timestamp": at.isoformat(), "properties": properties}
        answer = self.shop.tell("/track", call | {"messageId": f"{event} {at.isoformat()}"})
        assert answer.status_code == 202, answer.content


@pytest.fixture
def day(
    workspace: Workspace,
    owner_browser: Browser,
    relay: Relay,
    drained: Callable[[], AbstractContextManager[None]],
) -> Iterator[Day]:
    with time_machine.travel(NOON, tick=False) as clock:
        add_default_topics()
        anna = CustomerFactory(name="Anna Bloom", email="anna@mail.example")
        ExternalId.objects.create(customer=anna, source="shop", value="anna")
        agreed = Evidence(source=ConsentSource.STAFF, at=NOON - timedelta(days=90))
        give_consent(anna, list(SubscriptionTopic.objects.all()), evidence=agreed)
        yield Day(workspace, anna, owner_browser, api_client(workspace), relay, clock, drained)


def test_a_cart_left_behind_is_reminded_of_twice_and_then_no_more(day: Day) -> None:
    day.switch_on("cart")
    day.touch(NOON)
    day.work()
    for hours in (4, 24, 24, 24):
        day.clock.shift(timedelta(hours=hours))
        day.work()

    subjects = day.subjects()
    assert subjects == ["You left something behind", "Shall we still keep it for you?"]


def test_an_order_one_second_before_the_reminder_is_due(day: Day) -> None:
    """Nobody has heard of it yet when the reminder is put into the queue; it is seen as it is about to leave."""
    day.switch_on("cart")
    day.touch(NOON)
    day.work()
    day.clock.shift(timedelta(hours=4) - timedelta(seconds=1))
    day.order(NOON + timedelta(hours=4) - timedelta(seconds=1))
    day.clock.shift(timedelta(seconds=1))
    day.work()

    assert day.subjects() == []
    unsent = Message.objects.get()
    assert (unsent.state, unsent.reason) == ("skipped", "goal_reached")
    day.clock.shift(timedelta(days=2))
    day.work()
    assert day.subjects() == []
    assert Enrolment.objects.get().reason == "goal"


def test_a_cart_touched_ten_times_is_reminded_of_once_from_the_last(day: Day) -> None:
    day.switch_on("cart")
    for number in range(10):
        at = NOON + timedelta(minutes=20 * number)
        day.clock.move_to(at)
        day.touch(at)
    day.work()
    day.clock.shift(timedelta(hours=3, minutes=59))
    day.work()
    assert day.subjects() == []

    day.clock.shift(timedelta(minutes=1))
    day.work()
    assert len(day.subjects()) == 1
    assert Enrolment.objects.count() == 1


def test_an_order_that_is_told_late_stops_what_has_not_left_yet(day: Day) -> None:
    """Placed an hour after the cart was left, told after the first reminder: the second does not go."""
    day.switch_on("cart")
    day.touch(NOON)
    day.work()
    day.clock.shift(timedelta(hours=4))
    day.work()
    day.clock.shift(timedelta(hours=1))
    day.order(NOON + timedelta(hours=1))
    day.work()
    day.clock.shift(timedelta(days=3))
    day.work()

    assert day.subjects() == ["You left something behind"]


def test_winning_back_stops_when_they_return(day: Day) -> None:
    day.switch_on("win_back")
    day.order(NOON)
    day.work()
    day.clock.shift(timedelta(days=59))
    day.order(NOON + timedelta(days=59), number="W-2")
    day.work()
    day.clock.shift(timedelta(days=10))
    day.work()
    assert day.subjects() == []

    day.clock.shift(timedelta(days=50))
    day.work()
    assert day.subjects() == ["It has been a while, Anna"]


def test_a_follow_up_goes_with_the_order_that_is_cancelled(day: Day) -> None:
    day.switch_on("thanks")
    day.order(NOON)
    day.work()
    day.work()
    order = day.anna.orders.get()
    assert day.browser.post(f"/orders/{order.pk}/fulfilment/").status_code == 302
    day.work()
    day.clock.shift(timedelta(days=3))
    assert day.browser.post(f"/orders/{order.pk}/cancellation/").status_code == 302
    day.work()
    day.clock.shift(timedelta(days=10))
    day.work()

    assert day.subjects() == ["Thank you, Anna"]
    assert Enrolment.objects.get().reason == "exit_rule"


def test_a_cart_left_late_is_reminded_of_when_the_quiet_hours_are_over(day: Day) -> None:
    """Left at 21:50, ten minutes before they begin, so due in the middle of the night; they end at eight."""
    set_quiet_hours(begins=22, ends=8)
    day.switch_on("cart")
    evening = datetime(2024, 5, 3, 19, 50, tzinfo=UTC)
    day.clock.move_to(evening)
    day.touch(evening)
    day.work()
    for hour in (0, 5):
        day.clock.move_to(datetime(2024, 5, 4, hour, 0, tzinfo=UTC))
        day.work()
    assert day.subjects() == []

    day.clock.move_to(datetime(2024, 5, 4, 6, 0, tzinfo=UTC))
    day.work()
    assert day.subjects() == ["You left something behind"]
