"""Somebody asks to be forgotten: afterwards no table holds a word of theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from accounts.models import Workspace
from customers.models import Customer
from messaging.models import SubscriptionTopic
from sales.actions import NewLine, place_order, update_cart
from sales.models import Order
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TopicFactory
from tests.factories.sales import ProductFactory
from tests.journeys.conftest import Worker, letters, link_in
from tests.relay import Relay

CANARY = "quetzalcoatlus"
EMAIL = f"{CANARY}@mail.example"


def tables_that_say(word: str) -> list[str]:
    """Every table of the schema in which some value holds the word, also inside JSON."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'select exists (select from "{table}" t where t::text ilike %s)', [f"%{word}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def live_a_life(workspace: Workspace, browser: Browser, worker: Worker, relay: Relay) -> Customer:
    """They join, confirm, buy, fill a cart, and are written down."""
    topic: SubscriptionTopic = TopicFactory(name="Cakes", is_default=True)
    browser.post(f"/p/{workspace.public_key}/join/", {"name": CANARY.title(), "email": EMAIL, "topics": [topic.pk]})
    worker()
    browser.post(link_in(letters(relay, to=EMAIL)[0], "/p/confirm/"))
    customer = Customer.objects.get(email=EMAIL)
    lines = [NewLine(product=ProductFactory(), quantity=2)]
    place_order(customer=customer, number="A-1", placed_at=datetime(2026, 3, 2, tzinfo=UTC), lines=lines)
    update_cart(key="web-1", customer=customer, lines=lines)
    worker()
    return customer


@pytest.fixture
def customer(workspace: Workspace, browser: Browser, owner_browser: Browser, worker: Worker, relay: Relay) -> Customer:
    customer = live_a_life(workspace, browser, worker, relay)
    owner_browser.post(f"/customers/{customer.pk}/notes/", {"text": f"{CANARY} likes the crust dark."})
    owner_browser.post(f"/customers/{customer.pk}/edit/", {"name": f"Dr {CANARY}", "email": EMAIL, "city": CANARY})
    worker()
    return customer


def test_erasure_leaves_nothing(
    workspace: Workspace, customer: Customer, owner_browser: Browser, browser: Browser, worker: Worker
) -> None:
    neighbour = CustomerFactory(name="Lina Haas")
    holding = tables_that_say(CANARY)
    assert {"customers_customer", "customers_note", "messaging_message"} <= set(holding)

    response = owner_browser.post(f"/customers/{customer.pk}/erasure/", follow=True)
    worker()

    assert tables_that_say(CANARY) == []
    assert CANARY not in response.content.decode().lower()
    assert Order.objects.get().total_minor == 900
    assert Customer.objects.get(pk=neighbour.pk).name == "Lina Haas"
    assert (
        browser.post(
            f"/p/{workspace.public_key}/join/",
            {"name": "Back again", "email": EMAIL, "topics": [SubscriptionTopic.objects.get().pk]},
        ).status_code
        == 200
    )
    assert Customer.objects.filter(email=EMAIL).exclude(pk=customer.pk).count() == 1
