"""What a machine that reads mail does to a workspace, scripts and all, by every link that letters can have: nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, Response
from pytest_django.live_server_helper import LiveServer

from accounts.actions.workspaces import set_logo
from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging import actions
from messaging.actions import Evidence, Wording
from messaging.actions.flow_presets import add_flow_from_preset
from messaging.actions.flows import enrol_by_hand, switch_off_flow, switch_on_flow
from messaging.actions.readings import QUEUE as READINGS
from messaging.flows.presets import PRESETS
from messaging.links import public_page
from messaging.models import ConsentSource, Enrolment, Flow, Message, MessageState, SubscriptionTopic, Trace
from messaging.sending.rounds import send_due
from messaging.starters import STARTERS
from messaging.tasks import greet_birthdays, run_flows
from sales.models import PageView
from tests.browser.conftest import OpenPage
from tests.browser.lively import mail_server
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.factories.sales import CartFactory, OrderFactory, ProductFactory
from timeline.drain import drain_workspace

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

DOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
# Longer than any preset takes from its first letter to its last.
AGO = timedelta(days=85)
TABS = 8
LINK_IN_HTML = re.compile(r'(?:href|src)="(http[^"]+)"')
LINK_IN_TEXT = re.compile(r"https?://[^\s()<>]+")
KINDS = ("/p/unsubscribe/", "/p/preferences/", "/p/confirm/", "/p/c/", "/p/o/", "/logo/")
# A click is a trace, and the ring that has somebody judge it.
CLICKS = {"messaging_trace", "accounts_doorbell"}


def test_following_every_link_of_every_letter_changes_nothing_but_clicks(
    bakery: Workspace, live_server: LiveServer, settings: LazySettings, open_page: OpenPage
) -> None:
    settings.PUBLIC_URL = live_server.url
    with mail_server(settings) as relay:
        _send_every_letter(bakery)
    letters = [message_from_bytes(each.content, EmailMessage, policy=policy.default) for each in relay.received]
    links = sorted({link for letter in letters for link in _links_in(letter)})
    clicks = [link for link in links if "/p/c/" in link or "/p/o/" in link]
    presets = sum(len(preset.texts) for preset in PRESETS.values())
    # With them came a birthday greeting and the question whether somebody wants to join.
    assert len(letters) == presets + len(STARTERS) + 2
    assert [kind for kind in KINDS if not any(kind in link for link in links)] == []
    assert [link for link in links if not any(kind in link for kind in KINDS)] == []
    before, rung = _tables(), list(Doorbell.objects.values_list("pk", flat=True))

    page = open_page()
    assert [answer.url for answer in _opened(page, links) if answer.status != 200] == []
    refused = [link for link in links for method in ("get", "head") if _asked(page, method, link) != 200]

    assert refused == []
    after = _tables()
    assert {name for name, rows in after.items() if rows != before[name]} == CLICKS
    assert after["messaging_trace"][0] - before["messaging_trace"][0] == 2 * len(clicks) > 2 * len(letters)
    assert set(Doorbell.objects.exclude(pk__in=rung).values_list("queue", flat=True)) == {READINGS}
    with workspace_scope(bakery):
        assert Trace.objects.values("message", "link").distinct().count() == len(clicks)


def _send_every_letter(bakery: Workspace) -> None:
    """Each preset's, each starter's, and those that Rapport brings along."""
    with workspace_scope(bakery):
        set_logo(DOT, content_type="image/svg+xml")
        ProductFactory(sku="RYE", name="Rye", url=_shop(bakery))
        with time_machine.travel(datetime.now(UTC) - AGO, tick=False) as clock:
            actions.add_default_topics()
            for key in PRESETS:
                flow = switch_on_flow(add_flow_from_preset(key))
                enrol_by_hand(flow, [_regular(key).pk])
            _live_through(bakery, clock)
            switch_off_flow(Flow.objects.get(preset="birthday"), is_left=False)
        _write_starters()
        _join_and_have_birthday(bakery)
    drain_workspace(bakery)
    greet_birthdays.run(bakery)
    while send_due(bakery).sent:
        pass
    with workspace_scope(bakery):
        assert not Message.objects.exclude(state=MessageState.SENT).exists()


def _live_through(bakery: Workspace, clock: time_machine.Traveller) -> None:
    run_flows.run(bakery)
    while due := Enrolment.objects.waiting().values_list("due_at", flat=True).first():
        Enrolment.objects.exclude(awaits="").update(has_happened=True)
        clock.move_to(due)
        run_flows.run(bakery)


def _regular(name: str) -> Customer:
    """Somebody of whom there is something to write about."""
    customer: Customer = CustomerFactory(name=f"{name.title()} Holm", email=f"{name}@mail.example")
    evidence = Evidence(source=ConsentSource.STAFF)
    actions.give_consent(customer, SubscriptionTopic.objects.all(), evidence=evidence)
    CartFactory(customer=customer, url=_shop(customer.workspace))
    OrderFactory(customer=customer)
    PageView.objects.create(customer=customer, message_id=name, path="/rye", viewed_at=timezone.now())
    return customer


def _shop(bakery: Workspace) -> str:
    """Where tracked links lead on to: a page that this server has as well."""
    return public_page("join", bakery.public_key)


def _write_starters() -> None:
    topic = SubscriptionTopic.objects.get(key="newsletter")
    for each in STARTERS:
        version = actions.write_template(name=str(each.text.name), wording=Wording.ready(each.text))
        MessageFactory(customer=_regular(each.key), topic=topic, template_version=version)


def _join_and_have_birthday(bakery: Workspace) -> None:
    topics = list(SubscriptionTopic.objects.all())
    actions.join(name="Lina", email="lina@mail.example", birthday=None, topics=topics, ip=None)
    celebrant = _regular("celebrant")
    zone = f"Etc/GMT{-(12 - timezone.now().hour or 1):+}"  # it is noon there
    today = timezone.now().astimezone(ZoneInfo(zone))
    Customer.objects.filter(pk=celebrant.pk).update(zone=zone, birth_monthday=today.month * 100 + today.day)
    actions.switch_on_greeting()


def _links_in(letter: EmailMessage) -> Iterable[str]:
    """Of its HTML, its text and its head."""
    html, text = letter.get_body(["html"]), letter.get_body(["plain"])
    assert html is not None
    assert text is not None
    yield from (unescape(link) for link in LINK_IN_HTML.findall(html.get_content()))
    yield from (link.rstrip(".,;:!?") for link in LINK_IN_TEXT.findall(text.get_content()))
    yield from LINK_IN_TEXT.findall(letter.get("List-Unsubscribe", ""))


def _opened(page: Page, links: Sequence[str]) -> Iterable[Response]:
    """In several tabs, each left alone until it asks for nothing any more."""
    tabs = [page, *(page.context.new_page() for _ in range(TABS - 1))]
    for at in range(0, len(links), TABS):
        for tab, link in zip(tabs, links[at : at + TABS], strict=False):
            answer = tab.goto(link)
            assert answer
            yield answer
        for tab in tabs:
            tab.wait_for_load_state("networkidle")


def _asked(page: Page, method: str, link: str) -> int:
    """As a program asks that shows nothing, where a redirect is answer enough."""
    answer = getattr(page.request, method)(link, max_redirects=0)
    is_click = "/p/c/" in link and answer.status == 302
    return 200 if is_click else int(answer.status)


def _tables() -> dict[str, tuple[int, int]]:
    """Of every table how many rows it has and a hash of them; `xmin` betrays also a row that was written as it was."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1")
        names = [name for (name,) in cursor.fetchall()]
        each = (
            f"select '{name}', count(*), coalesce(sum(hashtextextended(r.xmin::text || r::text, 0)), 0) from {name} r"  # noqa: S608  tables of our own
            for name in names
        )
        cursor.execute(" union all ".join(each))
        return {name: (count, digest) for name, count, digest in cursor.fetchall()}
