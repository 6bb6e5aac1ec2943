"""Messages, birthdays and the public pages, at both widths: staff's in every state that a message can be in."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging import actions
from messaging.actions import Said
from messaging.actions.claiming import claim_messages, new_token
from messaging.actions.outcomes import Mark, Outcome, advance_messages
from messaging.links import links_for
from messaging.models import (
    ConsentSource,
    ConsentState,
    Message,
    MessageQuerySet,
    MessageState,
    Priority,
    SubscriptionTopic,
    SuppressionReason,
)
from messaging.models.consent import GREETINGS
from messaging.purposes import Purpose
from messaging.reasons import Reason
from tests.browser.conftest import OpenPage
from tests.browser.listing import PageToOpen
from tests.browser.looking import look_at
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import put_in_doubt

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

STAFF = actions.Evidence(source=ConsentSource.STAFF, detail="at the counter")
NAMES = ["Maria Weber", "Ørjan Ñandú de la Cruz", "李小龍", "Ada", "Zoë Nwosu-Featherstonehaugh", "Paul", "Noor"]
DAY = timedelta(days=1)
LEFT = ("sending", "sent", "delivered", "bounced", "complained")
PATHS = {
    "message_list": "/messages/",
    "message_list_in_doubt": "/messages/?state=unknown",
    "birthday_list": "/messages/birthdays/?days=30",
    "birthday_greeting": "/messages/birthday-greeting/",
    "topic_list": "/messages/topics/",
    "suppression_list": "/messages/blocked-addresses/",
    "join_page": "/messages/join-page/",
}


@pytest.fixture
def post(bakery: Workspace) -> dict[MessageState, Message]:
    """A message in each state, by its state; and who is greeted in the next days."""
    with workspace_scope(bakery):
        actions.add_default_topics()
        topic = SubscriptionTopic.objects.get(key=GREETINGS)
        actions.switch_on_greeting()
        today = timezone.localdate()
        customers = []
        for number, name in enumerate(NAMES):
            day = today + 3 * number * DAY
            customers.append(CustomerFactory(name=name, birth_monthday=day.month * 100 + day.day))
            if number % 3:
                actions.give_consent(customers[-1], [topic], evidence=STAFF)
        greetings = {
            state: MessageFactory(
                customer=customers[number % len(customers)], purpose=Purpose.BIRTHDAY, topic=topic,
                priority=Priority.AUTOMATION,
            )
            for number, state in enumerate(MessageState)
        }  # fmt: skip
        actions.suppress_address(
            "bounced@mail.example", reason=SuppressionReason.BOUNCED, detail="550 5.1.1 no such user"
        )
        _become(greetings)
    return greetings


def _become(messages: dict[MessageState, Message]) -> None:
    """As the sender would have them, one after the other."""
    token = new_token()
    put_in_doubt(messages[MessageState.UNKNOWN])
    actions.cancel_messages(_just(messages[MessageState.CANCELLED]), reason=Reason.SWITCHED_OFF)
    actions.skip_messages(_just(messages[MessageState.SKIPPED]), reason=Reason.NO_CONSENT)
    waiting = messages.pop(MessageState.QUEUED)
    _just(waiting).update(not_before=timezone.now() + DAY)
    claim_messages(limit=100, token=token)
    messages[MessageState.QUEUED] = waiting
    leaving = [messages[MessageState(state)] for state in LEFT]
    later = Outcome(
        messages[MessageState.FAILED].pk, MessageState.QUEUED, reply="450 4.7.1 greylisted, come back in 5 minutes"
    )
    advance_messages(token=token, outcomes=[later], marks=[Mark(message.pk) for message in leaving])
    claim_messages(limit=100, token=token)
    refused = Outcome(
        messages[MessageState.FAILED].pk, MessageState.FAILED, reason=Reason.REFUSED, reply="550 5.7.1 not wanted here"
    )
    sent = [Outcome(message.pk, MessageState.SENT, reply="250 2.0.0 queued as 4A1") for message in leaving[1:]]
    advance_messages(token=token, outcomes=[refused, *sent])
    for state in LEFT[2:]:
        _just(messages[MessageState(state)]).update(state=state)


def _just(message: Message) -> MessageQuerySet:
    messages: MessageQuerySet = Message.objects.filter(pk=message.pk)
    return messages


def _agreed(topic: SubscriptionTopic) -> Said:
    """And did not confirm it."""
    return Said(Customer.objects.order_by("pk")[0].pk, topic.pk, ConsentState.GIVEN, timezone.now())


def test_staffs_pages_are_sound(
    bakery: Workspace, bakery_owner: User, post: dict[MessageState, Message], open_page: OpenPage
) -> None:
    with workspace_scope(bakery):
        topic = actions.add_topic(name="Bread", needs_confirmation=True)
        actions.record_consents([_agreed(topic)], source=ConsentSource.IMPORT)
    paths = PATHS | {"topic_edit": f"/messages/topics/{topic.pk}/"}
    paths |= {f"message_{state}": f"/messages/{message.pk}/" for state, message in post.items()}
    pages = [PageToOpen(name, f"/w/bakery{path}") for name, path in paths.items()]

    assert look_at(open_page(bakery_owner), pages, folder="messaging") == []


def test_public_pages_are_sound(bakery: Workspace, post: dict[MessageState, Message], open_page: OpenPage) -> None:
    with workspace_scope(bakery):
        asked = actions.join(
            name="Lina", email="lina@mail.example", birthday=None, topics=list(SubscriptionTopic.objects.all()), ip=None
        )
        sent, paused = post[MessageState.SENT], post[MessageState.DELIVERED]
        assert paused.customer
        actions.pause_messages(paused.customer, days=60)
        links = links_for([sent, paused, asked])
    urls = {
        "public-join": f"/p/{bakery.public_key}/join/",
        "public-confirm": urlsplit(links[asked.pk].confirmation_url).path,
        "public-preferences": urlsplit(links[sent.pk].preferences_url).path,
        "public-preferences-paused": urlsplit(links[paused.pk].preferences_url).path,
        "public-unsubscribe": urlsplit(links[sent.pk].unsubscribe_url).path,
        "public-link_gone": "/p/unsubscribe/nothing/",
    }
    pages = [PageToOpen(name, url) for name, url in urls.items()]

    wrong = look_at(open_page(), pages, folder="messaging")
    assert [each for each in wrong if not each.startswith("public-link_gone, phone: 404 ")] == []


@pytest.mark.usefixtures("post")
def test_the_preview_follows_what_is_typed(bakery_owner: User, open_page: OpenPage) -> None:
    page = open_page(bakery_owner)
    page.goto("/w/bakery/messages/birthday-greeting/")
    page.get_by_label("Subject").fill("Many happy returns")
    page.get_by_label("For a customer").fill("Zoë")

    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("Many happy returns")).to_be_visible()
    expect(letter.get_by_text("Hello Zoë")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
