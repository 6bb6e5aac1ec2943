from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging import join_limits
from messaging.models import ConsentRecord, ConsentState, Message, SubscriptionTopic
from messaging.purposes import Purpose
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, TopicFactory
from timeline.models import Event


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    return TopicFactory(name="Bread", is_default=True)


def page(workspace: Workspace) -> str:
    return f"/p/{workspace.public_key}/join/"


def filled_in(topic: SubscriptionTopic, **fields: Any) -> dict[str, Any]:
    return {"name": "Maria", "email": "Maria@Mail.example", "topics": [topic.pk], **fields}


def test_joining_makes_a_profile_that_waits_for_its_address(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    data = filled_in(topic, birth_day="29", birth_month="2", birth_year="1992")

    response = browser.post(page(workspace), data)

    assert b"One more step" in response.content
    customer = Customer.objects.get()
    assert (customer.name, customer.email_norm, customer.birth_monthday, customer.birth_year) == (
        "Maria",
        "maria@mail.example",
        229,
        1992,
    )
    record = ConsentRecord.objects.get()
    assert (record.state, record.ip, record.wording) == (ConsentState.PENDING, "127.0.0.1", "Bread")
    message = Message.objects.get()
    assert (message.purpose, message.topic, message.address) == (Purpose.CONFIRMATION, None, "Maria@Mail.example")
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["CustomerJoined", "ConsentAsked"]
    assert set(Event.objects.values_list("actor", flat=True)) == {"visitor"}


def test_the_answer_is_the_same_for_whom_we_know_and_nothing_of_theirs_changes(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    known = CustomerFactory(name="Maria Rossi", email="maria@mail.example", birth_monthday=101)
    subscribed = CustomerFactory(email="paul@mail.example")
    ConsentFactory(customer=subscribed, topic=topic)

    pages = [
        browser.post(page(workspace), filled_in(topic, name="X", email=email, birth_day="1", birth_month="2"))
        for email in ("maria@mail.example", "paul@mail.example", "anna@mail.example")
    ]

    assert len({p.content.replace(b"maria", b"").replace(b"paul", b"").replace(b"anna", b"") for p in pages}) == 1
    known.refresh_from_db()
    assert (known.name, known.birth_monthday) == ("Maria Rossi", 101)
    assert Message.objects.filter(customer=known).count() == 1
    assert ConsentRecord.objects.filter(customer=subscribed, state=ConsentState.PENDING).count() == 0


def test_the_work_is_the_same_for_whom_we_know_and_leaves_no_trace(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    """Or the time of the answer would tell. What differs: a savepoint undone, and a doorbell rung again after it."""
    CustomerFactory(email="maria@mail.example")
    browser.post(page(workspace), filled_in(topic, email="first@mail.example"))  # writes the text of the message

    with CaptureQueriesContext(connection) as for_unknown:
        browser.post(page(workspace), filled_in(topic, email="anna@mail.example"))
    with CaptureQueriesContext(connection) as for_known:
        browser.post(page(workspace), filled_in(topic, email="maria@mail.example"))

    assert 0 <= len(for_known) - len(for_unknown) <= 3
    assert Customer.objects.filter(email_norm__endswith="invalid").count() == 0
    assert Event.objects.filter(kind="CustomerJoined").count() == 2


def test_a_visit_writes_nothing(workspace: Workspace, topic: SubscriptionTopic, browser: Browser) -> None:
    for _ in range(2):
        assert browser.get(page(workspace)).status_code == 200
        assert browser.head(page(workspace)).status_code == 200

    assert not Customer.objects.exists()


def test_the_page_shows_the_notice_and_only_what_is_offered(
    workspace: Workspace, topic: SubscriptionTopic, other_workspace: Workspace, browser: Browser
) -> None:
    TopicFactory(name="Staff only")
    TopicFactory(name="Old", is_default=True, archived_at=timezone.now())
    with workspace_scope(other_workspace):
        TopicFactory(name="Flowers", is_default=True)
    Workspace.objects.update(privacy_notice="We keep <b>little</b>.\nAsk us: https://bakery.example")

    content = browser.get(page(workspace)).content.decode()

    assert "Bread" in content
    assert "We keep &lt;b&gt;little&lt;/b&gt;." in content
    assert all(name not in content for name in ("Staff only", "Old", "Flowers"))
    assert "checked" not in content


def test_where_nothing_is_offered_there_is_no_page(workspace: Workspace, browser: Browser) -> None:
    assert browser.get(page(workspace)).status_code == 404
    assert browser.get("/p/unknown/join/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": ""}, "required"),
        ({"email": ""}, "required"),
        ({"email": "maria"}, "maria@bakery.example"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "maria@bakery.example"),
        ({"topics": []}, "Choose at least one"),
        ({"topics": ["999999"]}, "not one of the available choices"),
        ({"topics": ["' or 1=1"]}, "not a valid value"),
        ({"birth_day": "30", "birth_month": "2"}, "no such day"),
        ({"birth_day": "30"}, "the day and the month"),
        ({"birth_year": "1990"}, "the day and the month"),
        ({"birth_day": "1", "birth_month": "2", "birth_year": "1600"}, "between 1890 and today"),
        ({"birth_day": "1", "birth_month": "2", "birth_year": "9" * 400}, "between 1890 and today"),
        ({"birth_day": "x", "birth_month": "y"}, "not one of the available choices"),
        ({"name": "x" * 1_000_000}, "at most 200 characters"),
        ({"name": "Maria\x00"}, "Null characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    fields: dict[str, Any], complaint: str, workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    response = browser.post(page(workspace), filled_in(topic, **fields))

    assert response.status_code == 422
    assert complaint in response.content.decode()
    assert "Maria" in response.content.decode() or "name" in fields
    assert not Customer.objects.exists()


@pytest.mark.parametrize("name", ["Zoë 🎂", "مريم", "{{ secret }}", "<script>alert(1)</script>", "=1+1"])
def test_names_of_all_kinds(name: str, workspace: Workspace, topic: SubscriptionTopic, browser: Browser) -> None:
    browser.post(page(workspace), filled_in(topic, name=name))

    assert Customer.objects.get().name == name


def test_a_program_that_fills_in_everything_is_answered_and_ignored(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    human = browser.post(page(workspace), filled_in(topic, email="anna@mail.example"))
    program = browser.post(page(workspace), filled_in(topic, website="http://spam.example"))

    assert program.content == human.content.replace(b"anna@mail.example", b"Maria@Mail.example")
    assert Customer.objects.get().email == "anna@mail.example"


def test_an_address_gets_three_messages_a_day_and_the_answer_does_not_say_so(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    answers = {browser.post(page(workspace), filled_in(topic)).content for _ in range(5)}

    assert len(answers) == 1
    assert Message.objects.count() == 3


def test_a_connection_joins_twenty_times_an_hour(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser
) -> None:
    for number in range(20):
        fields = filled_in(topic, email=f"maria{number}@mail.example")
        browser.post(page(workspace), fields, REMOTE_ADDR=f"2001:db8::{number:x}")

    late = filled_in(topic, email="late@mail.example")
    refused = browser.post(page(workspace), late, REMOTE_ADDR="2001:db8::1:2:3:4")
    elsewhere = browser.post(page(workspace), filled_in(topic), REMOTE_ADDR="192.0.2.9")

    assert refused.status_code == 429
    assert b"Wait an hour" in refused.content
    assert b"late@mail.example" in refused.content
    assert elsewhere.status_code == 200


def test_a_workspace_asks_only_so_many_in_an_hour_however_many_connections_they_have(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_limits, "PER_WORKSPACE", (2, join_limits.HOUR))
    program = filled_in(topic, website="http://spam.example")
    browser.post(page(workspace), program)

    answers = [
        browser.post(
            page(workspace), filled_in(topic, email=f"m{number}@mail.example"), REMOTE_ADDR=f"192.0.2.{number}"
        )
        for number in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert b"m2@mail.example" in answers[2].content
    assert Message.objects.count() == 2


def test_without_valkey_nobody_gets_in_and_nothing_typed_is_lost(
    workspace: Workspace, topic: SubscriptionTopic, browser: Browser, settings: Settings
) -> None:
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache, "LOCATION": "redis://127.0.0.1:1"}}

    assert browser.get(page(workspace)).status_code == 200
    response = browser.post(page(workspace), filled_in(topic))

    assert response.status_code == 503
    assert b"Maria@Mail.example" in response.content
    assert not Customer.objects.exists()


def test_a_forged_form_is_refused(workspace: Workspace, topic: SubscriptionTopic) -> None:
    strict = Browser(enforce_csrf_checks=True)

    assert strict.post(page(workspace), filled_in(topic)).status_code == 403


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_the_pages_address_is_there_as_a_qr_code(
    kind: str, begins: bytes, topic: SubscriptionTopic, owner_browser: Browser
) -> None:
    response = owner_browser.get(f"/messages/join-page/qr-code.{kind}")

    assert response.content.startswith(begins)
    assert response.headers["Content-Disposition"] == f'inline; filename="bakery-join-page.{kind}"'
    assert f"qr-code.{kind}" in owner_browser.get("/messages/join-page/").content.decode()


def test_there_is_no_code_of_another_kind_or_for_a_closed_page(workspace: Workspace, owner_browser: Browser) -> None:
    assert owner_browser.get("/messages/join-page/qr-code.svg").status_code == 404
    TopicFactory(is_default=True)
    assert owner_browser.get("/messages/join-page/qr-code.pdf").status_code == 404
