"""From the template to what leaves: the bytes hold tracked links, and the message knows where they lead."""

from __future__ import annotations

import base64
import re

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import PublicToken, Workspace
from messaging import actions
from messaging.actions.claiming import claim_messages
from messaging.actions.outcomes import advance_messages
from messaging.models import LinkSet, Message
from messaging.queries import address_behind
from messaging.rendering import Renderer
from messaging.sending.connections import Envelope
from messaging.sending.preparation import Desk, look_at
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")

BODY = (
    '<p><a href="https://shop.example/cakes">Cakes</a> <a href="https://other.example/">Other</a> '
    '<a href="https://shop.example/for/{{ customer.first_name|urlencode }}">Yours</a></p>'
)


def queued(count: int = 1, *, is_marketing: bool = True, body: str = BODY) -> None:
    version = actions.add_template(name="Spring news", subject="Spring", body=body)
    topic = TopicFactory() if is_marketing else None
    for _ in range(count):
        customer = CustomerFactory(name="Ada Lovelace")
        if topic:
            ConsentFactory(customer=customer, topic=topic)
        MessageFactory(customer=customer, topic=topic, template_version=version)


def written(workspace: Workspace) -> list[tuple[Message, str, str]]:
    """Claim, write and mark what waits: each message with its text and its HTML."""
    batch = look_at(claim_messages(limit=10, token="t"))
    desk = Desk(workspace, Renderer())
    parts = []
    for allowed in batch.allowed:
        envelope = desk.write(allowed)
        assert isinstance(envelope, Envelope)
        encoded = re.findall(rb"base64\r\n\r\n(.*?)\r\n--", envelope.data, re.DOTALL)
        parts.append([base64.b64decode(part).decode() for part in encoded])
    advance_messages(token="t", marks=[desk.mark(allowed) for allowed in batch.allowed])
    messages = Message.objects.select_related("link_set").in_bulk([each.message.pk for each in batch.allowed])
    return [
        (messages[allowed.message.pk], text, html) for allowed, (text, html) in zip(batch.allowed, parts, strict=True)
    ]


def test_what_leaves_knows_where_its_links_lead(workspace: Workspace) -> None:
    actions.write_tracking_policy(
        counts_opens=True, counts_clicks=True, own_domains=["shop.example"], utm_source="bakery"
    )
    queued()

    [(message, text, html)] = written(workspace)

    utm = "?utm_source=bakery&utm_medium=email&utm_campaign=spring-news&utm_content=link-"
    assert [address_behind(message, number) for number in ("1", "2", "3", "4")] == [
        f"https://shop.example/cakes{utm}1", "https://other.example/", f"https://shop.example/for/Ada{utm}3", ""
    ]  # fmt: skip
    assert message.links == {"3": f"https://shop.example/for/Ada{utm}3"}
    assert "shop.example" not in html + text
    assert html.count("/p/c/") == 4  # and the hidden one
    assert html.count("/p/o/") == 1
    assert "/p/unsubscribe/" in html


def test_messages_of_one_kind_share_their_links(workspace: Workspace) -> None:
    queued(3)

    sets = {message.link_set_id for message, _, _ in written(workspace)}

    assert sets == {LinkSet.objects.get().pk}


def test_what_was_asked_for_is_not_tracked(workspace: Workspace) -> None:
    queued(is_marketing=False)

    [(message, text, html)] = written(workspace)

    assert (message.link_set, message.links) == (None, None)
    assert "/p/c/" not in html + text
    assert "/p/o/" not in html
    assert not PublicToken.objects.filter(purpose="reading").exists()


@pytest.mark.parametrize(("opens", "clicks"), [(True, False), (False, True), (False, False)])
def test_what_is_switched_off_is_not_counted(opens: bool, clicks: bool, workspace: Workspace) -> None:  # noqa: FBT001
    actions.write_tracking_policy(
        counts_opens=opens, counts_clicks=clicks, own_domains=["shop.example"], utm_source="bakery"
    )
    queued()

    [(message, _, html)] = written(workspace)

    assert ("/p/o/" in html, "/p/c/" in html) == (opens, clicks)
    assert (message.link_set is not None, "https://shop.example/cakes?utm_source" in html) == (clicks, not clicks)
    assert PublicToken.objects.filter(purpose="reading").exists() is (opens or clicks)


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_a_batch_do_not_grow(
    count: int, workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queued(count)
    messages = claim_messages(limit=10, token="t")

    with django_assert_num_queries(16):
        look_at(messages)
