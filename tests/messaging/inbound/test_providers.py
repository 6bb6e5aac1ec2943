"""What a mail provider calls us with, as it really looks; and what anybody else might."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.models import Message, Reply
from tests.factories.messaging import MessageFactory
from tests.messaging.inbound.mails import reply
from tests.messaging.inbound.test_taking_in import sent
from tests.messaging.sending.outbox import row

pytestmark = pytest.mark.django_db

SECRET = "postmark:a-long-secret"


@pytest.fixture(autouse=True)
def provider(settings: LazySettings) -> None:
    settings.MAIL_PROVIDER, settings.PROVIDER_SECRET = "postmark", SECRET
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET]}


@pytest.fixture
def message(workspace: Workspace) -> Message:
    return sent(message_id=f"<{'0a' * 16}.{workspace.public_key}@rapport.example>")


def call(words: dict[str, Any] | str, *, secret: str = SECRET, kind: str = "tracking") -> HttpResponse:
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
    address = f"/p/provider/postmark/{kind}/"
    return Client().post(address, words, content_type="application/json", headers=headers)  # type: ignore[return-value]


def bounced(message: Message, **words: Any) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"message": message.message_id.strip("<>")},
        "Email": "maria@mail.example",
        "BouncedAt": "2026-11-22T08:41:01Z",
        "Details": "550 5.1.1 no such user",
        **words,
    }


def test_a_bounce_is_written_down_once(message: Message) -> None:
    assert [call(bounced(message)).status_code for _ in range(2)] == [200, 200]

    assert row(message)[0] == "bounced"
    assert message.events.values_list("kind", "key", "detail").get() == (
        "hard_bounce",
        "4323372036854775807",
        "550 5.1.1 no such user",
    )


def test_a_soft_bounce_and_a_delivery(message: Message) -> None:
    call(bounced(message, Type="SoftBounce", ID=1))
    assert row(message)[0] == "sent"

    delivered = {"RecordType": "Delivery", "DeliveredAt": "2026-11-22T08:41:01Z"}
    call({**delivered, "Metadata": {"message": message.message_id.strip("<>")}})
    assert row(message)[0] == "delivered"
    assert sorted(message.events.values_list("kind", flat=True)) == ["delivered", "soft_bounce"]


@pytest.mark.parametrize("secret", ["", "postmark:wrong", "nonsense"])
def test_a_forged_call_changes_nothing(message: Message, secret: str) -> None:
    answer = call(bounced(message), secret=secret)

    assert answer.status_code == 403
    assert row(message)[0] == "sent"


@pytest.mark.parametrize("words", ["", "no json", "[]", '{"RecordType": 5}', '"text"'])
def test_a_call_that_the_provider_never_makes_is_refused_or_ignored(message: Message, words: str) -> None:
    assert call(words).status_code in (200, 400)
    assert row(message)[0] == "sent"


def test_a_message_that_nobody_knows_is_nobody_s(message: Message) -> None:
    stranger = MessageFactory.build(customer=None, address="x@y.example", template_version=None, message_id="<x@y>")

    assert call(bounced(stranger)).status_code == 200
    assert row(message)[0] == "sent"


@pytest.mark.parametrize("provider", ["mailgun", "nobody", "postmark/../x"])
def test_only_the_configured_provider_has_a_door(message: Message, provider: str) -> None:
    assert Client().post(f"/p/provider/{provider}/tracking/", {}).status_code == 404


def test_without_a_secret_there_is_no_door(settings: LazySettings) -> None:
    settings.PROVIDER_SECRET = ""

    assert call({}).status_code == 404


def test_a_call_that_overtakes_its_message_is_asked_to_come_again(message: Message, workspace: Workspace) -> None:
    early = MessageFactory(message_id=f"<{'0b' * 16}.{workspace.public_key}@rapport.example>")
    Message.objects.filter(pk=early.pk).update(state="leased", lease_token="w", lease_expires_at=early.created_at)

    assert call(bounced(early)).status_code == 503


def test_a_call_about_another_workspace_reaches_it_alone(message: Message, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = sent(message_id=f"<{'0c' * 16}.{other_workspace.public_key}@rapport.example>")

    call(bounced(theirs))

    with workspace_scope(other_workspace):
        assert row(theirs)[0] == "bounced"
    assert row(message)[0] == "sent"


def test_a_reply_that_the_provider_took_in(message: Message) -> None:
    assert call({"RawEmail": reply(message.message_id).decode(), "FromFull": {}}, kind="inbound").status_code == 200

    assert Reply.objects.get().text == "Is the rye loaf back?"
