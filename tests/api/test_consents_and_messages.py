from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from messaging.actions import skip_messages
from messaging.eligibility import consents_of
from messaging.models import ConsentRecord, Message, SubscriptionTopic
from messaging.reasons import Reason
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, TopicFactory


@pytest.fixture
def topic(workspace: Workspace) -> SubscriptionTopic:
    made: SubscriptionTopic = TopicFactory(key="news")
    return made


def word(state: str = "given", *, at: str = "2026-03-02T09:30:00Z", **who: Any) -> dict[str, Any]:
    return {"topic": "news", "state": state, "at": at, "wording": "Yes, write to me.", "detail": "Till", **who}


def test_consent_is_recorded_once_with_its_proof(shop: ApiClient, topic: SubscriptionTopic) -> None:
    anna = CustomerFactory(email="anna@mail.example")
    anna.external_ids.create(source="shop", value="7")
    by_id, by_external_id, by_address = (
        word(customer=encode_id("cus", anna.pk)),
        word(external_id="7"),
        word(email="Anna@mail.example"),
    )

    answers = [shop.tell("/consents", {"consents": [each]}).json() for each in (by_id, by_external_id, by_address)]

    assert [answer["recorded"] for answer in answers] == [1, 0, 0]
    assert answers[1] == {"recorded": 0, "unchanged": 1, "errors": []}
    record = ConsentRecord.objects.get()
    assert (record.customer, record.topic, record.state, record.source) == (anna, topic, "given", "api")
    assert (record.wording, record.detail) == ("Yes, write to me.", "Till")
    assert record.at.isoformat() == "2026-03-02T09:30:00+00:00"


def test_a_withdrawal_stands_against_older_consent(shop: ApiClient, topic: SubscriptionTopic) -> None:
    who = encode_id("cus", CustomerFactory().pk)
    shop.tell("/consents", {"consents": [word(customer=who)]})

    shop.tell("/consents", {"consents": [word("withdrawn", at="2026-04-01T00:00:00Z", customer=who)]})
    again = shop.tell("/consents", {"consents": [word(customer=who, at="2026-03-15T00:00:00Z")]}).json()

    assert again["unchanged"] == 1
    assert ConsentRecord.objects.current().get().state == "withdrawn"


def test_double_opt_in_is_proven_or_asked_for(shop: ApiClient, topic: SubscriptionTopic) -> None:
    SubscriptionTopic.objects.update(needs_confirmation=True)
    anna, tom = CustomerFactory(), CustomerFactory()
    now = timezone.now().isoformat()
    proven = word(customer=encode_id("cus", anna.pk), confirmed_at="2026-03-02T10:00:00Z")
    asked = word(customer=encode_id("cus", tom.pk), at=now)
    wrong = word("withdrawn", customer=encode_id("cus", tom.pk), confirmed_at=now)

    answer = shop.tell("/consents", {"consents": [proven, asked, wrong]}).json()

    assert (answer["recorded"], [error["param"] for error in answer["errors"]]) == (2, ["confirmed_at"])
    assert consents_of([anna.pk, tom.pk], [topic.pk]) == {(anna.pk, topic.pk): "given", (tom.pk, topic.pk): "pending"}
    assert list(Message.objects.values_list("customer", "purpose")) == [(tom.pk, "confirmation")]


def test_a_wrong_statement_stops_no_other(
    shop: ApiClient, topic: SubscriptionTopic, other_workspace: Workspace
) -> None:
    anna, erased = CustomerFactory(), CustomerFactory(erased_at="2026-01-01T00:00:00Z")
    with workspace_scope(other_workspace):
        stranger = encode_id("cus", CustomerFactory().pk)
    who = encode_id("cus", anna.pk)
    items = [
        word(),
        word(customer=stranger),
        word(customer=encode_id("cus", erased.pk)),
        word(external_id="nobody"),
        word(email="not an address"),
        word("pending", customer=who),
        word(customer=who, at="soon"),
        {**word(customer=who), "topic": "nothing"},
        {**word(customer=who), "wording": ""},
        {**word(customer=who), "ip": "1.2.3.4"},
        word(customer=who),
    ]

    answer = shop.tell("/consents", {"consents": items}).json()

    assert (answer["recorded"], answer["unchanged"]) == (1, 0)
    assert [(error["index"], error["param"]) for error in answer["errors"]] == list(
        enumerate(["customer", "customer", "customer", "external_id", "email", "state", "at", "topic", "wording", "ip"])
    )
    assert ConsentRecord.objects.get().customer == anna


def test_a_hundred_statements_take_the_queries_of_one(shop: ApiClient, topic: SubscriptionTopic) -> None:
    people = [word(customer=encode_id("cus", CustomerFactory().pk)) for _ in range(102)]
    shop.tell("/consents", {"consents": people[:1]})
    with CaptureQueriesContext(connection) as one:
        shop.tell("/consents", {"consents": people[1:2]})
    with CaptureQueriesContext(connection) as hundred:
        answer = shop.tell("/consents", {"consents": people[2:]}).json()

    assert answer["recorded"] == 100
    assert len(hundred) == len(one)


def test_consent_needs_its_own_scope(workspace: Workspace) -> None:
    shop = api_client(workspace, scopes=[ApiScope.CUSTOMERS_WRITE, ApiScope.EVENTS_WRITE])

    assert shop.tell("/consents", {"consents": [word()]}).json()["error"]["code"] == "missing_scope"
    assert shop.ask("/consents").status_code == 405


def test_messages_say_what_became_of_them(shop: ApiClient, topic: SubscriptionTopic) -> None:
    waiting = MessageFactory()
    skipped = MessageFactory(topic=topic)
    skip_messages(Message.objects.filter(pk=skipped.pk), reason=Reason.NO_CONSENT)

    found = shop.ask("/messages").json()["data"]
    shown = shop.ask(f"/messages/{encode_id('msg', skipped.pk)}").json()

    assert [message["id"] for message in found] == [encode_id("msg", each.pk) for each in (skipped, waiting)]
    assert shown == found[0]
    assert (shown["state"], shown["reason"], shown["topic"]) == ("skipped", "no_consent", "news")
    assert shown["reason_words"] == str(Reason.NO_CONSENT.label)
    assert found[1]["topic"] is None
    assert [each["id"] for each in shop.ask("/messages", state="queued").json()["data"]] == [found[1]["id"]]


def test_messages_are_read_only_and_one_s_own(shop: ApiClient, other_shop: ApiClient, workspace: Workspace) -> None:
    address = f"/messages/{encode_id('msg', MessageFactory().pk)}"

    assert other_shop.ask(address).status_code == 404
    assert other_shop.ask("/messages").json()["data"] == []
    assert [shop.send(method, address, {}).status_code for method in ("post", "patch", "delete")] == [405] * 3
    reader = api_client(workspace, scopes=[ApiScope.CUSTOMERS_READ])
    assert reader.ask(address).json()["error"]["code"] == "missing_scope"


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow_with_the_list(shop: ApiClient, count: int, django_assert_num_queries: Any) -> None:
    MessageFactory.create_batch(count, topic=TopicFactory())
    shop.ask("/messages")

    with django_assert_num_queries(8):  # the key, the workspace, two savepoints, and the list by one query
        assert len(shop.ask("/messages").json()["data"]) == count
