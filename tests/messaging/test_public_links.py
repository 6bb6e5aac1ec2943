from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.apps import apps
from django.db import models
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import PublicToken, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging import actions
from messaging.actions import Evidence
from messaging.eligibility import consents_of
from messaging.links import links_for
from messaging.models import ConsentRecord, ConsentSource, ConsentState, Message, SubscriptionTopic, Suppression
from messaging.purposes import Purpose
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

JOINED = Evidence(source=ConsentSource.JOIN_PAGE)
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def newsletter() -> Message:
    consent = ConsentFactory()
    return MessageFactory(customer=consent.customer, topic=consent.topic)


def confirmation() -> Message:
    message = MessageFactory(purpose=Purpose.CONFIRMATION)
    actions.ask_consent(message.customer, [TopicFactory(name="Cakes")], evidence=JOINED, message=message)
    return message


def path(message: Message, kind: str) -> str:
    return urlsplit(getattr(links_for([message])[message.pk], f"{kind}_url")).path


def state(message: Message) -> str | None:
    assert message.customer_id
    assert message.topic_id
    return consents_of([message.customer_id], [message.topic_id]).get((message.customer_id, message.topic_id))


def rows() -> dict[str, int]:
    """How many rows each table holds, and the newest change of the two that are changed in place."""
    counts = {model.__name__: model._default_manager.count() for model in apps.get_models()}
    return counts | {
        "changed": Customer.objects.aggregate(at=models.Max("updated_at"))["at"],
        "states": sorted(Message.objects.values_list("state", flat=True)),
    }


# The links -----------------------------------------------------------------------------------------------------------


def test_links_are_absolute_stored_hashed_and_made_once(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://rapport.example/"
    message = newsletter()

    first, again = links_for([message]), links_for([message])

    assert first == again
    links = first[message.pk]
    assert links.unsubscribe_url.startswith("https://rapport.example/p/unsubscribe/")
    assert links.confirmation_url == ""
    token = links.unsubscribe_url.split("/")[-2]
    assert len(token) == 32
    assert PublicToken.objects.count() == 2
    assert not PublicToken.objects.filter(token_hash__contains=token).exists()


def test_only_what_has_a_topic_can_be_unsubscribed_from() -> None:
    nobody, receipt, asking = MessageFactory(customer=None, address="a@b.example"), MessageFactory(), confirmation()

    links = links_for([nobody, receipt, asking])

    assert links[nobody.pk].preferences_url == links[receipt.pk].unsubscribe_url == ""
    assert links[receipt.pk].preferences_url
    assert links[asking.pk].confirmation_url
    assert links[asking.pk].preferences_url == ""


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_links_do_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    messages = [newsletter() for _ in range(count)]

    with django_assert_num_queries(1):
        links_for(messages)


# Whoever follows them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    ("make", "kind"),
    [(newsletter, "unsubscribe"), (newsletter, "preferences"), (confirmation, "confirmation")],
)
def test_following_a_link_changes_nothing(
    make: Callable[[], Message], kind: str, method: str, browser: Browser
) -> None:
    address = path(make(), kind)
    before = rows()

    response = getattr(browser, method)(address)

    assert response.status_code == 200
    assert "sessionid" not in response.cookies
    assert rows() == before


@pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "confirmation"])
def test_a_wrong_expired_or_foreign_token_gets_one_answer(kind: str, browser: Browser) -> None:
    message, asking = newsletter(), confirmation()
    every_path = [path(message, "unsubscribe"), path(message, "preferences"), path(asking, "confirmation")]
    own = next(each for each in every_path if kind[:7] in each)
    prefix = own.rsplit("/", 2)[0]
    others = [f"{prefix}/{each.rsplit('/', 2)[1]}/" for each in every_path if each != own]
    before = ConsentRecord.objects.count()

    answers = {browser.post(each).content for each in [f"{prefix}/{'x' * 32}/", f"{prefix}/ü%00/", *others]}
    with time_machine.travel(timezone.now() + timedelta(days=801)):
        late = browser.post(own)

    assert answers == {late.content}
    assert late.status_code == 404
    assert b"no longer works" in late.content
    assert ConsentRecord.objects.count() == before


def test_the_links_of_somebody_erased_lead_nowhere(browser: Browser) -> None:
    message = newsletter()
    address = path(message, "unsubscribe")
    Customer.objects.filter(messages=message).update(erased_at=timezone.now())

    assert browser.post(address, ONE_CLICK).status_code == 404


# Unsubscribing -------------------------------------------------------------------------------------------------------


def test_one_click(browser: Browser) -> None:
    message = newsletter()
    program = Client(enforce_csrf_checks=True)

    for _ in range(2):
        response = program.post(path(message, "unsubscribe"), ONE_CLICK)
        assert response.status_code == 200
        assert not response.cookies

    assert state(message) == ConsentState.WITHDRAWN
    record = ConsentRecord.objects.get(state=ConsentState.WITHDRAWN)
    assert (record.source, record.ip, record.actor) == (
        ConsentSource.UNSUBSCRIBE,
        "127.0.0.1",
        f"customer:{message.customer_id}",
    )
    assert Event.objects.filter(kind="ConsentWithdrawn").count() == 1
    message.refresh_from_db()
    assert message.state == "skipped"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00", "text/plain"),
        (MULTIPART, "multipart/form-data; boundary=x"),
    ],
)
def test_one_click_whatever_the_body(body: bytes, content_type: str) -> None:
    message = newsletter()

    assert Client().post(path(message, "unsubscribe"), body, content_type=content_type).status_code == 200
    assert state(message) == ConsentState.WITHDRAWN


def test_unsubscribing_from_everything(browser: Browser) -> None:
    message = newsletter()
    other = ConsentFactory(customer=message.customer)

    response = browser.post(path(message, "unsubscribe"), {"choice": "everything"})

    assert b"no more newsletters, reminders or greetings" in response.content
    states = consents_of([message.customer_id or 0], [message.topic_id or 0, other.topic_id]).values()
    assert set(states) == {ConsentState.WITHDRAWN}
    assert Suppression.objects.get().reason == "unsubscribed"


def test_a_merged_customer_s_old_link_still_unsubscribes_the_person(browser: Browser) -> None:
    message = newsletter()
    survivor = CustomerFactory()
    Customer.objects.filter(messages=message).update(merged_into=survivor)

    browser.post(path(message, "unsubscribe"), ONE_CLICK)

    assert ConsentRecord.objects.get(customer=survivor).state == ConsentState.WITHDRAWN


def test_a_link_works_only_in_its_own_workspace(other_workspace: Workspace, browser: Browser) -> None:
    ours = newsletter()
    with workspace_scope(other_workspace):
        theirs = newsletter()
        address = path(theirs, "unsubscribe")

    browser.post(address, ONE_CLICK)

    assert state(ours) == ConsentState.GIVEN
    with workspace_scope(other_workspace):
        assert state(theirs) == ConsentState.WITHDRAWN


# Preferences ---------------------------------------------------------------------------------------------------------


def test_preferences_show_what_is_given(browser: Browser) -> None:
    message = newsletter()
    TopicFactory(name="Cakes")
    SubscriptionTopic.objects.filter(messages=message).update(name="Bread")

    page = browser.get(path(message, "preferences")).content.decode()

    assert page.count('type="checkbox"') == 2
    assert page.count("checked") == 3  # with how often, and no pause
    assert message.customer
    assert message.customer.email not in page


def test_preferences_change_name_and_topics(browser: Browser) -> None:
    message = newsletter()
    cakes = TopicFactory(name="Cakes")

    response = browser.post(path(message, "preferences"), {"name": "Maria 🎂", "topics": [cakes.pk]}, follow=True)

    assert b"Saved." in response.content
    assert message.customer
    message.customer.refresh_from_db()
    assert message.customer.name == "Maria 🎂"
    assert state(message) == ConsentState.WITHDRAWN
    given = ConsentRecord.objects.get(topic=cakes)
    assert (given.state, given.source) == (ConsentState.GIVEN, ConsentSource.PREFERENCES)


def test_saving_what_is_there_writes_nothing(browser: Browser) -> None:
    message = newsletter()
    assert message.customer
    data = {"name": message.customer.name, "topics": [message.topic_id]}
    address = path(message, "preferences")
    before = rows()

    browser.post(address, data)

    assert rows() == before


def test_leaving_everything_and_coming_back(browser: Browser) -> None:
    message = newsletter()
    address = path(message, "preferences")

    browser.post(address, {"name": "", "leave": "everything"})
    assert Suppression.objects.exists()
    browser.post(address, {"name": "Maria", "topics": [message.topic_id]})

    assert state(message) == ConsentState.GIVEN
    assert not Suppression.objects.exists()


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(other_workspace: Workspace, browser: Browser) -> None:
    message = newsletter()
    with workspace_scope(other_workspace):
        foreign = TopicFactory()

    for data in ({"name": "x" * 201}, {"name": "Maria", "topics": [foreign.pk]}, {"name": "Maria", "topics": ["x"]}):
        response = browser.post(path(message, "preferences"), data)

        assert response.status_code == 422
        assert str(data["name"]) in response.content.decode()
        assert "errorlist" in response.content.decode()
    assert state(message) == ConsentState.GIVEN


def test_an_address_that_is_the_customer_s_no_more_opens_nothing(browser: Browser) -> None:
    message = newsletter()
    Customer.objects.update(email="new@mail.example", email_norm="new@mail.example")

    assert browser.get(path(message, "preferences")).status_code == 404


# Confirmation --------------------------------------------------------------------------------------------------------


def test_confirming(browser: Browser) -> None:
    message = confirmation()
    address = path(message, "confirmation")

    assert b"Cakes" in browser.get(address).content
    for _ in range(2):
        assert b"you are subscribed" in browser.post(address).content

    assert list(ConsentRecord.objects.order_by("pk").values_list("state", flat=True)) == ["pending", "given"]


def test_a_confirmation_waits_thirty_days(browser: Browser) -> None:
    address = path(confirmation(), "confirmation")

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert browser.post(address).status_code == 404


def test_confirming_brings_an_archived_customer_back(browser: Browser) -> None:
    message = confirmation()
    Customer.objects.update(archived_at=timezone.now())

    browser.post(path(message, "confirmation"))

    assert Customer.objects.get().archived_at is None
