from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Workspace
from accounts.public_ids import encode_id
from customers.models import Customer
from messaging.actions import add_default_topics, add_template
from messaging.actions.flows import add_flow, switch_on_flow
from messaging.models import Enrolment, Flow
from messaging.tasks import run_flows
from sales.actions import place_order
from sales.actions.carts import update_cart
from sales.actions.lines import NewLine
from sales.events import ProductViewed
from sales.models import Cart, Order, ProductView
from tests.factories.customers import CustomerFactory
from timeline.recording import record

# In the past: the database has a clock of its own. Noon in Berlin.
NOON = datetime(2024, 5, 3, 10, 0, tzinfo=UTC)
LOAF = [NewLine(description="Rye", quantity=1, unit_price_minor=450)]


@dataclass
class Story:
    """What happens in the bakery, with the clock in one's hand, and its workers after each turn."""

    workspace: Workspace
    clock: time_machine.Traveller
    drained: Callable[[], AbstractContextManager[None]]
    letter: str
    flows_made: int = 0

    def flow(self, *steps: dict[str, Any], is_on: bool = True, **rest: Any) -> Flow:
        self.flows_made += 1
        definition = {"trigger": {"on": "event", "event": "CartUpdated"}, "steps": list(steps), **rest}
        flow = add_flow(name=f"Flow {self.flows_made}", definition=definition)
        return switch_on_flow(flow) if is_on else flow

    def work(self) -> None:
        """Everything that workers would do by now: what is due, what happened meanwhile, and what is due by that."""
        with self.drained():
            run_flows.run(self.workspace)
        run_flows.run(self.workspace)

    def later(self, **span: float) -> None:
        self.clock.shift(timedelta(**span))
        self.work()

    def touch(self, customer: Customer, key: str = "c-1", at: datetime | None = None) -> Cart:
        return update_cart(key=key, lines=LOAF, customer=customer, touched_at=at or timezone.now())

    def order(self, customer: Customer, number: str = "A-1", at: datetime | None = None) -> Order:
        return place_order(customer=customer, number=number, lines=LOAF, placed_at=at or timezone.now())

    def look_at(self, customer: Customer, sku: str, name: str = "") -> None:
        view = ProductView.objects.create(
            customer=customer, message_id=f"{sku} {timezone.now()}", sku=sku, name=name, viewed_at=timezone.now()
        )
        record(ProductViewed(customer_id=customer.pk, product_view_id=view.pk))

    def send(self, key: str = "s") -> dict[str, Any]:
        return {"key": key, "do": "send", "template": self.letter, "topic": "newsletter"}


@pytest.fixture
def story(workspace: Workspace, drained: Callable[[], AbstractContextManager[None]]) -> Iterator[Story]:
    with time_machine.travel(NOON, tick=False) as clock:
        add_default_topics()
        version = add_template(name="A word", subject="Hello {{ customer.first_name }}", body="Good to see you.")
        yield Story(workspace, clock, drained, encode_id("tpl", version.template_id))


@pytest.fixture
def maria(story: Story) -> Customer:
    maria: Customer = CustomerFactory(name="Maria Rossi", email="maria@mail.example")
    return maria


def wait(key: str = "w", **span: Any) -> dict[str, Any]:
    return {"key": key, "do": "wait", **span}


def tag(key: str = "t", name: str = "seen") -> dict[str, Any]:
    return {"key": key, "do": "tag", "tag": name}


def trail(enrolment: Enrolment) -> Sequence[tuple[str, str]]:
    enrolment.refresh_from_db()
    return [(step, outcome) for step, _at, outcome in enrolment.trail]
