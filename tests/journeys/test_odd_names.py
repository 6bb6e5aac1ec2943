"""Names are anything that people are called, or what somebody types to see what happens. They are shown as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from customers.actions import write_note
from customers.models import Customer
from messaging.actions import Evidence, add_default_topics, give_consent, switch_on_greeting, write_greeting
from messaging.models import ConsentSource, SubscriptionTopic
from tests.factories.customers import CustomerFactory
from tests.journeys.conftest import Worker, letters
from tests.relay import Relay

MORNING = datetime(2024, 5, 3, 8, 0, tzinfo=UTC)
NAMES = [
    "Zoë 🥐🎂 Ångström",
    "محمد بن علي",
    "שרה Levi-לוי",
    "{{ 7 * 7 }} {% now 'Y' %} {# gone #}",
    '<img src=x onerror="alert(1)"> & Söhne',
    "</title></textarea><script>alert(1)</script>",
]
SUBJECT, BODY = "For {{ customer.name }}", "Dear {{ customer.name }}, come by."


@pytest.fixture(params=NAMES)
def customer(owner: User, request: pytest.FixtureRequest) -> Customer:
    """Somebody called so, of whom somebody noted it, and who agreed to be greeted."""
    add_default_topics()
    customer: Customer = CustomerFactory(name=request.param, birth_monthday=503)
    write_note(customer, text=f"Wants to be called {request.param}")
    topic = SubscriptionTopic.objects.get(key="greetings")
    give_consent(customer, [topic], evidence=Evidence(source=ConsentSource.STAFF, at=MORNING - timedelta(days=90)))
    write_greeting(subject=SUBJECT, body=BODY, topic=topic, send_hour=0)
    return customer


@pytest.fixture
def page_of(owner: User) -> Client:
    """Not the strict browser: it takes such a name for a template that was not rendered."""
    client = Client()
    client.force_login(owner)
    return client


def test_pages_show_the_name_and_nothing_else(customer: Customer, page_of: Client) -> None:
    shown = escape(customer.name)
    for path in ("customers/", f"customers/{customer.pk}/", f"customers/{customer.pk}/?group=notes"):
        page = page_of.get(f"/w/bakery/{path}").content.decode()
        assert shown in page, path
        assert shown == customer.name or customer.name not in page, path


def test_the_preview_shows_the_name_and_nothing_else(customer: Customer, page_of: Client) -> None:
    words = {"subject": SUBJECT, "body": BODY, "preview_for": customer.email}

    page = page_of.post("/w/bakery/messages/birthday-greeting/preview/", words).content.decode()

    assert f"Dear {customer.name}, come by." in unescape(page)
    assert "<script" not in page
    assert "<img src=x" not in page


def test_the_mail_says_the_name_and_nothing_else(customer: Customer, worker: Worker, relay: Relay) -> None:
    with time_machine.travel(MORNING, tick=False):
        switch_on_greeting()
        worker()

    (letter,) = letters(relay, to=customer.email)
    assert letter["Subject"] == f"For {customer.name}"
    assert f"Dear {customer.name}, come by." in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f"Dear {customer.name}, come by." in unescape(html)
    assert "<script" not in html
