"""What a flow's page counts, and whom each of its figures opens."""

from __future__ import annotations

import re
from datetime import timedelta

from django.conf import settings
from django.urls import set_urlconf
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions import skip_messages
from messaging.actions.flows import enrol_by_hand
from messaging.models import Flow, Message
from messaging.queries.flow_figures import FlowReport, flow_figures
from messaging.reasons import Reason
from sales.events import OrderPlaced
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.messaging.campaigns.crowd import leaves
from tests.messaging.flows.conftest import Story, wait
from timeline.recording import record

GOAL = {"event": "OrderPlaced", "within_days": 5}


def letters_of(story: Story, flow: Flow, customers: list[Customer]) -> list[Message]:
    """Written to all of them, and they wait at the next step."""
    enrol_by_hand(flow, [each.pk for each in customers])
    story.work()
    return list(Message.objects.filter(enrolment__flow=flow).order_by("customer_id"))


def is_read(message: Message) -> None:
    leaves(message)
    at = timezone.now() - timedelta(hours=1)
    Message.objects.filter(pk=message.pk).update(sent_at=at, opened_at=at, clicked_at=at)


def shown(browser: Browser, url: str) -> set[str]:
    return set(re.findall(r"(Maria Rossi|Ben Kaya|Lena Horn)", browser.get(url).text))


def test_every_figure_opens_its_people(story: Story, maria: Customer, owner_browser: Browser) -> None:
    ben, lena = CustomerFactory(name="Ben Kaya"), CustomerFactory(name="Lena Horn")
    flow = story.flow(story.send(), wait(days=3), trigger={"on": "hand"}, goal=GOAL)
    other = story.flow(story.send(), wait(days=3), trigger={"on": "hand"})
    to_maria, to_ben, _to_lena = letters_of(story, flow, [maria, ben, lena])
    letters_of(story, other, [lena])
    is_read(to_maria)
    skip_messages(Message.objects.filter(pk=to_ben.pk), reason=Reason.NO_CONSENT)
    order = story.order(maria)
    record(OrderPlaced(customer_id=maria.pk, order_id=order.pk, value_minor=order.value_minor))
    story.work()

    set_urlconf(settings.WORKSPACE_URLCONF)  # as within a request
    report = FlowReport(Flow.objects.select_related("current").get(pk=flow.pk))
    [letter, rest] = report.steps
    [unsent], [goal] = report.unsent_reasons, report.endings
    set_urlconf(None)

    counted = {"waiting": 0, "left": 0, "sent": 1, "unsent": 1, "opened": 1, "clicked": 1, "converted": 1}
    assert letter.figures == counted
    assert (rest.figures["waiting"], rest.figures["left"]) == (2, 1)
    assert (report.converted, report.revenue_minor) == (1, order.value_minor)
    for name in ("sent", "opened", "clicked", "converted"):
        assert shown(owner_browser, letter.urls[name]) == {"Maria Rossi"}
    assert shown(owner_browser, letter.urls["unsent"]) == {"Ben Kaya"}
    assert shown(owner_browser, rest.urls["waiting"]) == {"Ben Kaya", "Lena Horn"}
    assert shown(owner_browser, rest.urls["left"]) == {"Maria Rossi"}
    assert (unsent.count, shown(owner_browser, unsent.url)) == (1, {"Ben Kaya"})
    assert (goal.words, shown(owner_browser, goal.url)) == ("The goal was reached.", {"Maria Rossi"})
    page = owner_browser.get(f"/messages/flows/{flow.pk}/").text
    assert letter.urls["converted"].replace("&", "&amp;") in page


def test_the_page_asks_the_same_whatever_it_counts(
    story: Story, owner_browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queries = 20
    flow = story.flow(story.send(), wait(days=3), trigger={"on": "hand"}, goal=GOAL)
    path = f"/messages/flows/{flow.pk}/"
    owner_browser.get(path)
    for message in letters_of(story, flow, [CustomerFactory()]):
        is_read(message)
    with django_assert_num_queries(queries):
        owner_browser.get(path)
    for message in letters_of(story, flow, CustomerFactory.create_batch(2)):
        if message.state == "queued":
            is_read(message)
    with django_assert_num_queries(queries):
        owner_browser.get(path)


def test_figures_of_another_workspace_are_nobodys(
    story: Story, maria: Customer, other_workspace: Workspace, owner_browser: Browser
) -> None:
    flow = story.flow(story.send(), trigger={"on": "hand"})
    letters_of(story, flow, [maria])

    with workspace_scope(other_workspace):
        assert Message.objects.filter(enrolment__flow=flow.pk).count() == 0
        assert flow_figures([flow.pk]) == {}
    assert shown(owner_browser, f"/messages/?flow={flow.pk}&step=nothing") == set()
