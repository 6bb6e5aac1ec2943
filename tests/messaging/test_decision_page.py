"""Where staff say what became of a message in doubt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Role, User, Workspace
from messaging.actions.settling import Decision, decide_message
from messaging.models import Message, MessageEvent
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import put_in_doubt, row

LIST_QUERIES, PAGE_QUERIES = 12, 11
WHY = {"why": "Paul has it on his phone"}


@pytest.fixture
def message(workspace: object) -> Message:
    return put_in_doubt(MessageFactory())


def page_of(browser: Browser, message: Message) -> str:
    return browser.get(f"/messages/{message.pk}/").content.decode()


def test_the_page_says_what_happened_and_asks(message: Message, owner_browser: Browser, settings: LazySettings) -> None:
    settings.RELAY_LOG = settings.MAILBOX_DIR = ""

    page = page_of(owner_browser, message)

    assert "Was it sent?" in page
    assert "No mail server's log is set up here" in page
    assert message.message_id.strip("<>") in page
    settings.RELAY_LOG = "/var/log/mail.log"
    assert "is asked every few minutes" in page_of(owner_browser, message)


@pytest.mark.parametrize(("decision", "words"), [("sent", "Sent"), ("queued", "Waiting"), ("failed", "Failed")])
def test_a_decision_settles_it_and_is_remembered(
    decision: str, words: str, message: Message, owner: User, owner_browser: Browser
) -> None:
    response = owner_browser.post(f"/messages/{message.pk}/decision/", WHY | {"decision": decision})

    assert response.status_code == 302
    assert row(message)[0] == decision
    page = page_of(owner_browser, message)
    assert "Was it sent?" not in page
    assert f"Settled. Its state is “{words}” now." in page
    assert f"{owner} decided what became of it" in page
    assert f"{words}: Paul has it on his phone" in page
    assert AuditEntry.objects.get(action="decided about a message in doubt").actor == f"user:{owner.pk}"


@pytest.mark.parametrize("missing", ["decision", "why"])
def test_half_a_decision_is_refused_and_kept(missing: str, message: Message, owner_browser: Browser) -> None:
    given = {name: value for name, value in (WHY | {"decision": "queued"}).items() if name != missing}

    response = owner_browser.post(f"/messages/{message.pk}/decision/", given)

    assert response.status_code == 422
    assert (WHY["why"] if missing == "decision" else "checked") in response.content.decode()
    assert row(message)[0] == "unknown"


def test_whoever_comes_second_changes_nothing(message: Message, owner_browser: Browser) -> None:
    decide_message(message, decision=Decision.SENT, why="it is in the log")

    owner_browser.post(f"/messages/{message.pk}/decision/", WHY | {"decision": "queued"})

    assert row(message)[0] == "sent"
    assert "Nothing was changed: the state of this message is “Sent” by now." in page_of(owner_browser, message)


def test_who_may_not_send_sees_what_happened_and_cannot_decide(
    message: Message, member: Callable[[Role], User]
) -> None:
    browser = signed_in(member(Role.AGENT))

    page = page_of(browser, message)

    assert "Whoever may send messages here can say what became of it." in page
    assert "Settle it" not in page
    assert browser.post(f"/messages/{message.pk}/decision/", WHY | {"decision": "sent"}).status_code in {403, 404}
    assert row(message)[0] == "unknown"


def test_the_list_counts_what_is_in_doubt(message: Message, owner_browser: Browser) -> None:
    MessageFactory()

    assert "It is not known whether 1 message was sent." in owner_browser.get("/messages/").content.decode()
    assert "It is not known" not in owner_browser.get("/messages/?state=unknown").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_and_a_page_take_as_many_queries_whatever_they_show(
    count: int, workspace: Workspace, owner_browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        message = put_in_doubt(MessageFactory())
        for _ in range(count):
            MessageEvent.objects.create(message=message, kind="put_off", detail="451 later")
    owner_browser.get("/messages/")

    with django_assert_num_queries(LIST_QUERIES):
        owner_browser.get("/messages/")
    with django_assert_num_queries(PAGE_QUERIES):
        owner_browser.get(f"/messages/{message.pk}/")
