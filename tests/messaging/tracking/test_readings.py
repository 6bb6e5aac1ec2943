from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Doorbell, PublicToken, Workspace
from accounts.scope import workspace_scope
from customers.actions import erase_customer
from messaging import actions, reading_limits
from messaging.actions.conversions import attribute_orders
from messaging.actions.readings import next_judgement_at
from messaging.links import links_for
from messaging.models import Conversion, LinkSet, Message, MessageEvent, Trace
from messaging.personal_data.messages import MessagesData
from messaging.tasks import judge_traces
from tests.client import Browser
from tests.factories.messaging import MessageFactory, TemplateVersionFactory, TopicFactory
from tests.factories.sales import OrderFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

LEFT = timezone.now() - timedelta(hours=1)
HUMAN = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
URLS = {"1": "https://shop.example/?utm_source=x", "2": "https://shop.example/cakes"}


def newsletter(**links: Any) -> Message:
    version = TemplateVersionFactory()
    link_set = LinkSet.objects.create(template_version=version, digest="d", urls=URLS)
    message = MessageFactory(topic=TopicFactory(), template_version=version, purpose="campaign")
    Message.objects.filter(pk=message.pk).update(
        tried_at=LEFT, link_set=link_set, links={"3.1": "https://own.example/"}
    )
    message.refresh_from_db()
    return message


def address(message: Message, link: str = "1") -> str:
    links = links_for([message], tracked=True)[message.pk]
    return urlsplit(f"{links.click_url}{link}/" if link else links.open_url).path


def follow(message: Message, link: str, *, at: datetime, browser: Browser, agent: str = HUMAN) -> Any:
    with time_machine.travel(at, tick=False):
        return browser.get(address(message, link), HTTP_USER_AGENT=agent)


def judge() -> int:
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        return actions.judge_traces(now=timezone.now())


def told(message: Message) -> list[tuple[str, str]]:
    events = Event.objects.filter(payload__message_id=message.pk).order_by("pk")
    return [(event.kind, event.payload.get("link", "")) for event in events]


def remarks(message: Message) -> set[tuple[str, str, str]]:
    return set(MessageEvent.objects.filter(message=message).values_list("kind", "key", "detail"))


@pytest.mark.parametrize(("link", "leads_to"), [*URLS.items(), ("3.1", "https://own.example/")])
def test_a_link_leads_where_it_led_when_the_message_left(link: str, leads_to: str, browser: Browser) -> None:
    response = follow(newsletter(), link, at=LEFT + timedelta(minutes=1), browser=browser)

    assert (response.status_code, response.headers["Location"]) == (302, leads_to)
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


def test_a_click_of_a_person_is_told_once_and_proves_an_opening(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)
    for seconds, link in ((0, "1"), (30, "1"), (60, "2")):
        follow(message, link, at=at + timedelta(seconds=seconds), browser=browser)

    assert [judge(), judge()] == [3, 0]

    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at, message.machine_opened_at) == (at, at, None)
    assert told(message) == [("MessageOpened", ""), ("MessageClicked", "1"), ("MessageClicked", "2")]
    assert remarks(message) == {
        ("opened", "first", URLS["1"]), ("clicked", "1", URLS["1"]), ("clicked", "2", URLS["2"])
    }  # fmt: skip
    assert not Trace.objects.exists()


def test_the_last_touch_is_known_beside_the_first_and_an_order_counts_for_it(browser: Browser) -> None:
    message, first = newsletter(), timezone.now() - timedelta(days=6, hours=3)
    Message.objects.filter(pk=message.pk).update(state="leased", lease_token="w", lease_expires_at=first)
    Message.objects.filter(pk=message.pk).update(state="sending")
    Message.objects.filter(pk=message.pk).update(
        state="sent", lease_token="", lease_expires_at=None, sent_at=first, tried_at=first - timedelta(hours=1)
    )
    order = OrderFactory(customer=message.customer, placed_at=first + timedelta(days=6))
    follow(message, "1", at=first, browser=browser)
    judge()
    attribute_orders([order.pk])
    assert not Conversion.objects.exists()

    again, later = order.placed_at - timedelta(minutes=3), order.placed_at + timedelta(minutes=3)
    for at in (again, later):
        follow(message, "1", at=at, browser=browser)
        judge()
    attribute_orders([order.pk])

    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at) == (first, first)
    assert (message.last_opened_at, message.last_clicked_at) == (later, later)
    assert told(message)[:2] == [("MessageOpened", ""), ("MessageClicked", "1")]
    conversion = Conversion.objects.get()
    assert (conversion.order, conversion.message, conversion.touch) == (order, message, "clicked")
    assert conversion.touched_at == again


def test_the_picture_tells_of_an_opening(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)

    response = follow(message, "", at=at, browser=browser)
    judge()

    assert (response.headers["Content-Type"], len(response.content)) == ("image/gif", 42)
    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at) == (at, None)
    assert told(message) == [("MessageOpened", "")]


def test_machines_are_remarked_and_nothing_is_told_of_them(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)
    for link in ("1", "2", "0"):
        follow(message, link, at=at, browser=browser)
    follow(message, "", at=at, browser=browser, agent="Mozilla/5.0")
    judge()

    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at, message.machine_opened_at) == (None, None, at)
    assert told(message) == []
    assert {(kind, key) for kind, key, _ in remarks(message)} == {
        ("machine_clicked", "0"), ("machine_clicked", "1"), ("machine_clicked", "2"), ("machine_opened", "first")
    }  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [
        [("1", 0.0), ("2", 0.9)],
        [("1", 0.0), ("1", 0.9), ("2", 1.8), ("1", 2.7), ("2", 3.6)],
        [("1", 0.0), ("0", 4.9)],
        [("0", -600.0), ("0", 0.0), ("1", 30.0), ("2", 50.0), ("1", 59.0)],
    ],
)
def test_a_scanner_is_one_however_often_traces_are_judged_meanwhile(
    found: list[tuple[str, float]], browser: Browser
) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=20)
    visits = {at + timedelta(seconds=seconds): link for link, seconds in found}
    ticks = [at + timedelta(seconds=number + 0.5) for number in (-60, *range(12), *range(35, 130, 5))]
    for moment in sorted([*visits, *ticks]):
        if moment in visits:
            follow(message, visits[moment], at=moment, browser=browser)
        else:
            actions.judge_traces(now=moment)

    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at) == (None, None)
    assert told(message) == []
    assert not Trace.objects.exists()


def test_the_trap_is_judged_only_when_it_has_betrayed_all(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=20)
    follow(message, "0", at=at, browser=browser)

    assert actions.judge_traces(now=at + timedelta(seconds=65)) == 0
    assert next_judgement_at() == at + timedelta(seconds=66)
    assert actions.judge_traces(now=at + timedelta(seconds=66)) == 1
    assert next_judgement_at() is None


def test_a_person_who_comes_after_the_scanner_counts(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)
    for link in ("1", "2"):
        follow(message, link, at=at, browser=browser)
    judge()
    follow(message, "1", at=at + timedelta(hours=1), browser=browser)
    judge()

    message.refresh_from_db()
    assert message.clicked_at == at + timedelta(hours=1)


def test_nothing_is_judged_before_its_time(browser: Browser) -> None:
    message = newsletter()
    follow(message, "1", at=timezone.now(), browser=browser)

    assert actions.judge_traces(now=timezone.now()) == 0
    assert Trace.objects.count() == 1


def test_whoever_asks_for_the_head_leaves_no_trace(browser: Browser) -> None:
    message = newsletter()

    assert browser.head(address(message)).status_code == 302
    assert browser.head(address(message, "")).status_code == 200
    assert browser.post(address(message)).status_code == 405
    assert not Trace.objects.exists()


@pytest.mark.parametrize("link", ["9", "1.1", "javascript:alert", "%2e%2e"])
def test_a_number_that_never_was_leads_nowhere(link: str, browser: Browser) -> None:
    response = follow(newsletter(), link, at=LEFT + timedelta(minutes=1), browser=browser)

    assert response.status_code == 404
    assert not Trace.objects.exists()


def test_the_hidden_link_says_what_it_is(browser: Browser) -> None:
    response = follow(newsletter(), "0", at=LEFT + timedelta(minutes=1), browser=browser)

    assert response.status_code == 200
    assert "only programs" in response.text


@pytest.mark.parametrize("kind", ["forged", "foreign purpose", "expired", "of somebody erased"])
def test_a_token_that_opens_nothing_is_told_in_words(kind: str, browser: Browser) -> None:
    message = newsletter()
    path = address(message)
    if kind == "forged":
        path = path.replace(path.split("/")[3], "A" * 32)
    elif kind == "foreign purpose":
        path = f"/p/c/{links_for([message])[message.pk].unsubscribe_url.split('/')[-2]}/1/"
    elif kind == "expired":
        PublicToken.objects.update(expires_at=LEFT)
    else:
        assert message.customer
        erase_customer(message.customer)

    response = browser.get(path, HTTP_USER_AGENT=HUMAN)

    assert response.status_code == 404
    assert "This link no longer works" in response.text
    assert not Trace.objects.exists()


def test_whoever_guesses_tokens_is_sent_away(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_limits, "GUESSES_PER_CONNECTION", 2)
    statuses = [browser.get(f"/p/c/{'A' * 32}/{number}/").status_code for number in range(4)]

    assert statuses == [404, 404, 429, 429]
    assert browser.get(address(newsletter())).status_code == 302


def test_a_message_is_counted_so_often_and_leads_on_all_the_same(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_limits, "PER_MESSAGE", 2)
    message = newsletter()

    assert [browser.get(address(message)).status_code for _ in range(4)] == [302] * 4
    assert Trace.objects.count() == 2


def test_another_workspaces_message_is_never_touched(browser: Browser, other_workspace: Workspace) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)
    follow(message, "1", at=at, browser=browser)
    with workspace_scope(other_workspace):
        assert judge() == 0
        assert not Trace.objects.exists()

    assert judge() == 1


def test_following_a_link_costs_few_queries(
    browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = address(newsletter())

    with django_assert_num_queries(12):  # of which seven open and close the scope and its savepoints
        browser.get(path, HTTP_USER_AGENT=HUMAN)


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_a_judgement_do_not_grow(
    count: int, browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        follow(newsletter(), "1", at=LEFT + timedelta(minutes=1), browser=browser)

    with django_assert_num_queries(11):
        assert judge() == count


def test_erasure_forgets_what_was_read_and_export_tells_it(browser: Browser) -> None:
    message, at = newsletter(), LEFT + timedelta(minutes=1)
    follow(message, "1", at=at, browser=browser)
    judge()
    follow(message, "2", at=at, browser=browser)
    assert message.customer

    [exported] = MessagesData().export(message.customer)
    MessagesData().erase(message.customer)

    assert (exported["opened_at"], exported["links_followed"]) == (at, [URLS["1"]])
    message.refresh_from_db()
    assert (message.links, message.opened_at) == (None, at)
    assert not Trace.objects.exists()
    assert not MessageEvent.objects.exclude(detail="").exists()


def test_the_worker_judges_and_asks_again_for_what_is_too_young(workspace: Workspace, browser: Browser) -> None:
    message = newsletter()
    follow(message, "1", at=LEFT + timedelta(minutes=1), browser=browser)
    follow(message, "2", at=timezone.now(), browser=browser)

    judge_traces.run(workspace)

    assert list(Trace.objects.values_list("link", flat=True)) == ["2"]
    assert Doorbell.objects.filter(queue="readings", due_at__gt=timezone.now()).exists()
