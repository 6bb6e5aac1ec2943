from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.api_keys import ApiScope
from accounts.models import Doorbell, Workspace
from accounts.scope import workspace_scope
from customers.actions.merging import merge_recognised_visitors
from customers.contracts import personal_data
from customers.models import Customer, ExternalId, IngestedEvent, Merge
from customers.panels import describe_custom_events, describe_recognition
from sales.models import PageView
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory
from timeline.models import Event

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TRIAL = {"userId": "7", "event": "Trial Started", "messageId": "m-1", "timestamp": "2026-05-31T10:00:00.250+02:00"}


def known(system: str, value: str) -> Customer | None:
    found = ExternalId.objects.select_related("customer").filter(source=system, value=value).first()
    return found.customer if found else None


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def tell_all(shop: ApiClient, *calls: Any) -> Any:
    response = shop.tell("/batch", {"batch": list(calls)})
    assert response.status_code == 202
    return response.json()


def test_a_track_of_any_name_becomes_an_event_of_the_customer(shop: ApiClient) -> None:
    response = shop.tell("/track", {**TRIAL, "properties": {"plan": "pro", "seats": 5}, "context": {"ip": "1.2.3.4"}})

    assert response.status_code == 202
    assert response.json() == {"accepted": 1, "duplicates": 0, "errors": []}
    event = Event.objects.get(kind="CustomEvent")
    told = IngestedEvent.objects.get()
    assert event.customer_id == known("shop", "7").pk  # type: ignore[union-attr]
    assert event.occurred_at == datetime(2026, 5, 31, 8, 0, 0, 250_000, tzinfo=UTC)
    assert event.payload == {"name": "Trial Started", "key": str(told.key)}
    assert json.loads(told.properties) == {"plan": "pro", "seats": 5}
    assert kinds() == ["CustomerJoined", "CustomEvent"]
    assert describe_custom_events([event])[event.pk].text == "Trial Started"
    assert describe_custom_events([event])[event.pk].detail == "plan: pro, seats: 5"


def test_what_is_told_twice_happens_once(shop: ApiClient) -> None:
    first = tell_all(shop, {**TRIAL, "type": "track"}, {**TRIAL, "type": "track"})
    again = shop.tell("/track", {**TRIAL, "event": "Under another name"}).json()

    assert first == {"accepted": 1, "duplicates": 1, "errors": []}
    assert again == {"accepted": 0, "duplicates": 1, "errors": []}
    assert Event.objects.filter(kind="CustomEvent").count() == 1
    assert Event.objects.get(kind="CustomEvent").payload["name"] == "Trial Started"


def test_what_has_no_message_id_cannot_be_told_twice(shop: ApiClient) -> None:
    call = {"type": "track", "userId": "7", "event": "Trial Started"}

    assert tell_all(shop, call, call)["accepted"] == 2


def test_message_ids_belong_to_a_workspace(shop: ApiClient, other_shop: ApiClient, other_workspace: Workspace) -> None:
    assert shop.tell("/track", TRIAL).json()["accepted"] == 1
    assert other_shop.tell("/track", TRIAL).json()["accepted"] == 1

    assert IngestedEvent.objects.count() == Customer.objects.count() == 1
    with workspace_scope(other_workspace):
        assert IngestedEvent.objects.count() == Customer.objects.count() == 1


def test_a_page_becomes_a_view_without_its_query(shop: ApiClient) -> None:
    page = {"anonymousId": "a-1", "category": "Docs", "name": "Home", "messageId": "p-1"}

    shop.tell("/page", {**page, "properties": {"path": "/rye?email=anna@mail.example", "title": "Rye"}})
    again = shop.tell("/page", page).json()

    view = PageView.objects.get()
    assert again["duplicates"] == 1
    assert (view.name, view.path) == ("Docs Home", "/rye")
    assert view.customer == known("anonymous", "a-1")
    assert view.customer.is_anonymous
    assert kinds() == ["CustomerJoined", "PageViewed"]
    assert Event.objects.get(kind="PageViewed").payload == {"page_view_id": view.pk}
    assert IngestedEvent.objects.get().properties == ""


def test_identify_says_who_somebody_is(shop: ApiClient) -> None:
    traits = {
        "firstName": "Anna",
        "lastName": "Bloom",
        "email": "Anna@mail.example",
        "phone": "+49 30 1234567",
        "birthday": "1990-03-12",
        "timezone": "Europe/Berlin",
        "address": {"street": "Rye Lane 1", "city": "Berlin", "postalCode": "10115", "country": "de"},
        "createdAt": "2025-06-01T23:30:00Z",
        "plan": "pro",
        "seats": 5,
        "trial ends": "2026-07-01",
        "company": {"name": "Bloom"},
        "pets": ["cat"],
    }

    response = shop.tell("/identify", {"userId": "7", "traits": traits, "messageId": "i-1"})

    assert response.json() == {"accepted": 1, "duplicates": 0, "errors": []}
    anna = known("shop", "7")
    assert anna is not None
    assert (anna.name, anna.email, anna.phone_norm) == ("Anna Bloom", "Anna@mail.example", "+49301234567")
    assert (anna.birthday, anna.birth_year, anna.zone) == ((3, 12), 1990, "Europe/Berlin")
    assert (anna.address, anna.city, anna.postal_code, anna.country) == ("Rye Lane 1", "Berlin", "10115", "DE")
    assert anna.joined_on.isoformat() == "2025-06-02", "the workspace's day"
    assert anna.attributes == {"plan": "pro", "seats": 5, "trial_ends": "2026-07-01"}


def test_an_old_identify_does_not_undo_a_newer_one(shop: ApiClient) -> None:
    old = {"userId": "7", "traits": {"name": "Old"}, "messageId": "i-1"}
    shop.tell("/identify", old)
    shop.tell("/identify", {"userId": "7", "traits": {"name": "New"}, "messageId": "i-2"})

    again = shop.tell("/identify", old).json()

    assert again == {"accepted": 0, "duplicates": 1, "errors": []}
    assert known("shop", "7").name == "New"  # type: ignore[union-attr]


def test_a_visitor_becomes_the_customer_whom_they_turn_out_to_be(shop: ApiClient) -> None:
    shop.tell("/page", {"anonymousId": "a-1", "name": "Home"})
    visitor = known("anonymous", "a-1")

    shop.tell("/identify", {"anonymousId": "a-1", "userId": "7", "traits": {"name": "Anna"}})

    assert known("shop", "7") == known("anonymous", "a-1") == visitor
    anna = Customer.objects.get()
    assert (anna.name, anna.is_anonymous) == ("Anna", False)


def test_a_known_user_s_new_browser_is_remembered(shop: ApiClient) -> None:
    shop.tell("/identify", {"userId": "7", "traits": {"name": "Anna"}})
    shop.tell("/identify", {"anonymousId": "a-2", "userId": "7"})
    shop.tell("/page", {"anonymousId": "a-2", "name": "Home"})

    assert known("anonymous", "a-2") == known("shop", "7")
    assert Customer.objects.count() == 1


def test_a_shared_browser_stays_with_whom_it_was_first(shop: ApiClient) -> None:
    shop.tell("/identify", {"anonymousId": "a-1", "userId": "7", "traits": {"name": "Anna"}})
    shop.tell("/identify", {"anonymousId": "a-1", "userId": "8", "traits": {"name": "Bert"}})

    assert known("anonymous", "a-1") == known("shop", "7")
    assert {customer.name for customer in Customer.objects.all()} == {"Anna", "Bert"}


def test_an_anonymous_identify_keeps_a_visitor(shop: ApiClient) -> None:
    shop.tell("/identify", {"anonymousId": "a-1", "traits": {"plan": "free"}})

    visitor = known("anonymous", "a-1")
    assert visitor is not None
    assert (visitor.is_anonymous, visitor.attributes) == (True, {"plan": "free"})


def test_a_visitor_who_turns_out_to_be_known_becomes_one_with_them(shop: ApiClient, drained: Any) -> None:
    shop.tell("/identify", {"userId": "7", "traits": {"name": "Anna"}})
    shop.tell("/page", {"anonymousId": "a-1", "name": "Home"})
    visitor = known("anonymous", "a-1")

    with drained():
        shop.tell("/identify", {"anonymousId": "a-1", "userId": "7"})
        shop.tell("/identify", {"anonymousId": "a-1", "userId": "7", "messageId": "again"})

    anna = known("shop", "7")
    assert known("anonymous", "a-1") == anna == PageView.objects.get().customer
    assert anna is not None
    assert (anna.name, anna.is_anonymous) == ("Anna", False)
    assert Merge.objects.get().absorbed == visitor
    assert describe_recognition(list(Event.objects.filter(kind="VisitorRecognised")))


def test_what_was_recognised_may_be_gone_before_it_is_merged(shop: ApiClient, drained: Any) -> None:
    """Erased, merged by hand, or somebody known by now: then nothing more is done."""
    visitors = CustomerFactory.create_batch(4, is_anonymous=True)
    anna, bert = CustomerFactory(), CustomerFactory(erased_at=NOW)
    Customer.objects.filter(pk=visitors[1].pk).update(merged_into=anna)
    Customer.objects.filter(pk=visitors[2].pk).update(is_anonymous=False)
    Customer.objects.filter(pk=visitors[3].pk).update(erased_at=NOW)

    pairs = [(bert.pk, visitors[0].pk), *((anna.pk, visitor.pk) for visitor in visitors[1:])]

    assert merge_recognised_visitors(pairs) == 0
    assert merge_recognised_visitors([(anna.pk, visitors[0].pk), (anna.pk, visitors[0].pk)]) == 1


@pytest.mark.parametrize("known_before", ["nobody", "previous", "user"])
def test_alias_makes_one_person_of_two_ids(shop: ApiClient, known_before: str) -> None:
    if known_before == "previous":
        shop.tell("/page", {"anonymousId": "old", "name": "Home"})
    if known_before == "user":
        shop.tell("/identify", {"userId": "7", "traits": {"name": "Anna"}})

    response = shop.tell("/alias", {"previousId": "old", "userId": "7", "messageId": "l-1"})

    assert response.json()["accepted"] == 1
    assert known("anonymous", "old") == known("shop", "7") == Customer.objects.get()
    assert not Customer.objects.get().is_anonymous


def test_two_known_customers_are_not_made_one_by_an_alias(shop: ApiClient) -> None:
    tell_all(shop, *({"type": "identify", "userId": user, "traits": {"name": user}} for user in ("7", "8")))

    response = shop.tell("/alias", {"previousId": "7", "userId": "8"})

    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_value")
    assert Customer.objects.filter(merged_into=None).count() == 2


def test_aliases_of_one_batch_may_not_build_on_each_other(shop: ApiClient) -> None:
    done = tell_all(
        shop,
        {"type": "alias", "previousId": "a-1", "userId": "7"},
        {"type": "alias", "previousId": "7", "userId": "8"},
        {"type": "alias", "previousId": "a-2", "userId": "7"},
    )

    assert (done["accepted"], [error["index"] for error in done["errors"]]) == (2, [1])
    assert known("anonymous", "a-1") == known("anonymous", "a-2") == known("shop", "7")


def test_an_alias_of_a_known_customer_is_another_id_of_theirs(shop: ApiClient) -> None:
    shop.tell("/identify", {"userId": "7", "traits": {"name": "Anna"}})

    shop.tell("/alias", {"previousId": "7", "userId": "8"})

    assert known("shop", "8") == known("shop", "7")


def test_in_a_batch_people_are_identified_first(shop: ApiClient) -> None:
    done = tell_all(
        shop,
        {"type": "track", "anonymousId": "a-1", "event": "Trial Started"},
        {"type": "identify", "anonymousId": "a-1", "userId": "7", "traits": {"name": "Anna"}},
        {"type": "page", "anonymousId": "a-1", "name": "Home"},
        {"type": "track", "userId": "7", "event": "Trial Ended"},
    )

    assert done == {"accepted": 4, "duplicates": 0, "errors": []}
    assert Customer.objects.count() == 1


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("given", [None, "2026-06-01T12:00:01Z", "2199-01-01T00:00:00Z"])
def test_what_has_no_time_or_a_future_one_happened_now(shop: ApiClient, given: str | None) -> None:
    shop.tell("/track", {"userId": "7", "event": "Trial Started", "timestamp": given})

    assert Event.objects.get(kind="CustomEvent").occurred_at == NOW


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("sent_at", "happened"),
    [
        (None, "2026-06-01T10:00:00+00:00"),
        ("2026-06-01T11:59:30Z", "2026-06-01T10:00:00+00:00"),
        ("2026-06-01T11:00:00Z", "2026-06-01T11:00:00+00:00"),
        ("2026-06-01T13:00:00Z", "2026-06-01T09:00:00+00:00"),
        ("2026-06-01T09:00:00Z", "2026-06-01T12:00:00+00:00"),
    ],
)
def test_a_clock_that_is_off_is_put_right(shop: ApiClient, sent_at: str | None, happened: str) -> None:
    """By a minute or more: less is the way of the request."""
    call = {"userId": "7", "event": "E", "timestamp": "2026-06-01T10:00:00Z"}

    shop.tell("/track", {**call, "sentAt": sent_at})
    shop.tell("/batch", {"batch": [{**call, "type": "track"}], "sentAt": sent_at})

    assert {event.occurred_at.isoformat() for event in Event.objects.filter(kind="CustomEvent")} == {happened}


CALL = {"userId": "7", "event": "E"}
DEEP = b'{"userId": "7", "event": "E", "properties": ' + b"[" * 9000 + b"]" * 9000 + b"}"


@pytest.mark.parametrize(
    ("path", "call", "expected"),
    [
        ("/track", {"event": "E"}, "422 missing_field userId"),
        ("/track", {**CALL, "userId": ""}, "422 missing_field userId"),
        ("/track", {"userId": "7"}, "422 missing_field event"),
        ("/track", {**CALL, "event": "  "}, "422 missing_field event"),
        ("/track", {**CALL, "event": ["E"]}, "422 invalid_value event"),
        ("/track", {**CALL, "event": "E" * 201}, "422 invalid_value event"),
        ("/track", {**CALL, "event": "E\u0007"}, "422 invalid_value event"),
        ("/track", {**CALL, "userId": {"id": 7}}, "422 invalid_value userId"),
        ("/track", {**CALL, "userId": "7" * 201}, "422 invalid_value userId"),
        ("/track", {**CALL, "userId": "\u0000"}, "422 invalid_value userId"),
        ("/track", {**CALL, "properties": [1]}, "422 invalid_value properties"),
        ("/track", {**CALL, "properties": "x"}, "422 invalid_value properties"),
        ("/track", {**CALL, "timestamp": "yesterday"}, "422 invalid_value timestamp"),
        ("/track", {**CALL, "timestamp": "2026-01-01"}, "422 invalid_value timestamp"),
        ("/track", {**CALL, "timestamp": "1026-01-01T00:00:00Z"}, "422 invalid_value timestamp"),
        ("/track", {**CALL, "timestamp": 7}, "422 invalid_value timestamp"),
        ("/track", {**CALL, "sentAt": "soon"}, "422 invalid_value sentAt"),
        (
            "/track",
            {**CALL, "timestamp": "1901-01-01T00:00:00Z", "sentAt": "2199-01-01T00:00:00Z"},
            "422 invalid_value timestamp",
        ),
        ("/track", [], "422 invalid_value None"),
        ("/track", b"{", "400 invalid_json None"),
        ("/track", b'{"userId": "7", "event": "E", "properties": {"a": "\\ud800"}}', "400 invalid_json None"),
        ("/track", b'{"userId": "7", "event": "E", "properties": {"a": "\xff"}}', "400 invalid_json properties"),
        ("/track", DEEP, "400 invalid_json None"),
        ("/track", {**CALL, "properties": {"a": "x" * 33_000}}, "413 body_too_large None"),
        ("/page", {"name": "Home"}, "422 missing_field userId"),
        ("/page", {"userId": "7", "name": 7}, "422 invalid_value name"),
        ("/identify", {"traits": {}}, "422 missing_field userId"),
        ("/identify", {"userId": "7", "traits": {"email": "nobody"}}, "422 invalid_value traits.email"),
        ("/identify", {"userId": "7", "traits": {"email": ["a@b.example"]}}, "422 invalid_value traits.email"),
        ("/identify", {"userId": "7", "traits": {"birthday": "31.02."}}, "422 invalid_value traits.birthday"),
        ("/identify", {"userId": "7", "traits": {"createdAt": "soon"}}, "422 invalid_value traits.createdAt"),
        ("/identify", {"userId": "7", "traits": "x"}, "422 invalid_value traits"),
        ("/alias", {"userId": "7"}, "422 missing_field previousId"),
        ("/alias", {"anonymousId": "a", "previousId": "b"}, "422 missing_field userId"),
        ("/batch", {}, "422 invalid_value None"),
        ("/batch", {"batch": []}, "422 missing_field batch"),
        ("/batch", {"batch": "x"}, "422 invalid_value batch"),
        ("/batch", {"batch": [7] * 1001}, "422 invalid_value batch"),
        ("/batch", {"batch": [7], "sentAt": "soon"}, "422 invalid_value sentAt"),
        ("/batch", b"", "400 invalid_json None"),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_refused_and_leaves_no_row(
    shop: ApiClient, path: str, call: Any, expected: str
) -> None:
    response = shop.tell(path, call)

    error = response.json()["error"]
    assert f"{response.status_code} {error['code']} {error['param']}" == expected
    assert not Customer.objects.exists()
    assert not IngestedEvent.objects.exists()
    assert not Event.objects.exists()


def test_a_refused_sale_leaves_nobody_behind(shop: ApiClient) -> None:
    sale = {"userId": "7", "event": "Order Completed", "properties": {"order_id": "1", "total": -1}}

    assert shop.tell("/track", sale).json()["error"]["param"] == "properties.total"
    assert not Customer.objects.exists()


def test_what_a_page_is_called_matters_less_than_that_it_was_seen(shop: ApiClient) -> None:
    for properties in ({"path": 7, "url": "http://[x"}, {"path": None}, {"url": "https://bakery.example/a\u0007b?c"}):
        assert shop.tell("/page", {"userId": "7", "properties": properties}).status_code == 202

    assert sorted(PageView.objects.values_list("path", flat=True)) == ["", "", "/ab"]


def test_a_batch_that_is_too_large_is_refused(shop: ApiClient) -> None:
    call = {"type": "track", "userId": "7", "event": "E", "properties": {"a": "x" * 30_000}}

    response = shop.tell("/batch", {"batch": [call] * 17})

    assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")
    assert not IngestedEvent.objects.exists()


def test_in_a_batch_a_wrong_call_stops_no_other(shop: ApiClient) -> None:
    done = tell_all(
        shop,
        {"type": "track", "userId": "7", "event": "E", "messageId": "1"},
        {"type": "track", "userId": "7", "messageId": "2"},
        {"type": "screen", "userId": "7", "messageId": "3"},
        7,
        {"type": "identify", "userId": "8", "traits": {"email": "nobody"}, "messageId": "4"},
        {"type": "page", "userId": "9", "messageId": "5", "properties": {"a": "x" * 33_000}},
        {"type": "page", "userId": "9", "messageId": "6"},
    )

    assert (done["accepted"], done["duplicates"]) == (2, 0)
    assert [(error["index"], error["code"], error["param"]) for error in done["errors"]] == [
        (1, "missing_field", "event"),
        (2, "invalid_value", "type"),
        (3, "invalid_value", None),
        (4, "invalid_value", "traits.email"),
        (5, "body_too_large", None),
    ]
    mended = tell_all(shop, {"type": "identify", "userId": "8", "traits": {"name": "Bert"}, "messageId": "4"})
    assert mended == {"accepted": 1, "duplicates": 0, "errors": []}


def test_nothing_is_kept_of_who_was_erased(shop: ApiClient) -> None:
    erased = CustomerFactory(erased_at=NOW)
    erased.external_ids.create(source="shop", value="7")

    for path, call in (
        ("/track", TRIAL),
        ("/page", {"userId": "7", "name": "Home"}),
        ("/identify", {"userId": "7", "traits": {"name": "Anna"}}),
        ("/alias", {"userId": "7", "previousId": "old"}),
        ("/track", {"userId": "7", "event": "Order Completed", "properties": {"order_id": "1", "total": 1}}),
        ("/track", {"userId": "7", "event": "Cart Updated", "properties": {"products": []}}),
    ):
        response = shop.tell(path, call)
        assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_value"), path
    assert not IngestedEvent.objects.exists()
    assert not Event.objects.exists()
    assert Customer.objects.count() == 1


def test_a_key_without_the_scope_may_tell_nothing(workspace: Workspace) -> None:
    reader = api_client(workspace, scopes=[ApiScope.CUSTOMERS_WRITE])

    for path in ("/track", "/identify", "/page", "/alias", "/batch"):
        response = reader.tell(path, TRIAL)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "missing_scope")
    assert not Event.objects.exists()


def test_calls_are_posted_as_json_or_text(shop: ApiClient) -> None:
    assert shop.ask("/track").status_code == 405
    assert shop.ask("/track")["Allow"] == "POST"
    assert shop.post("/api/v1/track", json.dumps(TRIAL), content_type="text/plain").status_code == 202
    assert shop.post("/api/v1/track", json.dumps(TRIAL), content_type="application/xml").status_code == 415


def test_a_large_batch_is_told_in_the_order_of_its_people(shop: ApiClient) -> None:
    calls = [
        {
            "type": "track",
            "userId": f"user {number % 300}",
            "event": "Loaf Bought",
            "messageId": f"m-{number}",
            "properties": {"words": 'tab\t, line\n, "quotes" and \\ backslashes', "number": number, "emoji": "🥖"},
        }
        for number in range(1000)
    ]

    done = tell_all(shop, *calls)
    again = tell_all(shop, *calls)

    late = {**calls[0], "messageId": "new", "properties": {"number": 1000}}
    mixed = tell_all(shop, late, *calls[:60])

    assert done == {"accepted": 1000, "duplicates": 0, "errors": []}
    assert mixed == {"accepted": 1, "duplicates": 60, "errors": []}
    assert again == {"accepted": 0, "duplicates": 1000, "errors": []}
    assert Customer.objects.count() == 300
    assert Event.objects.filter(kind="CustomEvent").count() == IngestedEvent.objects.count() == 1001
    kept = sorted(
        (json.loads(each.properties) for each in IngestedEvent.objects.all()), key=lambda each: each["number"]
    )
    assert kept == [call["properties"] for call in [*calls, late]]


def test_a_large_batch_of_pages_is_kept(shop: ApiClient) -> None:
    done = tell_all(
        shop,
        *(
            {
                "type": "page",
                "anonymousId": f"a-{number % 30}",
                "messageId": f"p-{number}",
                "properties": {"path": "/rye"},
            }
            for number in range(200)
        ),
    )

    assert done["accepted"] == 200
    assert PageView.objects.filter(path="/rye").count() == Event.objects.filter(kind="PageViewed").count() == 200


BATCHES: dict[str, dict[str, Any]] = {
    "track": {"event": "Trial Started", "userId": "{n}"},
    "page": {"name": "Home", "anonymousId": "{n}", "properties": {"path": "/rye"}},
    "identify": {"userId": "{n}", "anonymousId": "a-{n}", "traits": {"name": "Anna", "plan": "pro"}},
    "alias": {"userId": "{n}", "previousId": "a-{n}"},
    "cart": {"event": "Cart Updated", "userId": "{n}", "properties": {"products": [{"name": "Rye", "price": 4.5}]}},
    "addition": {"event": "Product Added", "userId": "{n}", "properties": {"sku": "RYE", "name": "Rye", "price": 4.5}},
    "order": {"event": "Order Completed", "userId": "{n}", "properties": {"order_id": "{n}", "total": 12.5}},
}


def batch_of(kind: str, count: int, *, name: str) -> list[dict[str, Any]]:
    """Calls of people of their own, who are new."""
    call = {"type": "track" if "event" in BATCHES[kind] else kind, "messageId": "{n}", **BATCHES[kind]}
    return [json.loads(json.dumps(call).replace("{n}", f"{name}-{number}")) for number in range(count)]


@pytest.mark.parametrize("kind", sorted(BATCHES))
def test_a_hundred_calls_take_the_queries_of_one(shop: ApiClient, kind: str) -> None:
    tell_all(shop, *batch_of(kind, 1, name="first"))
    with CaptureQueriesContext(connection) as one:
        tell_all(shop, *batch_of(kind, 1, name="one"))
    with CaptureQueriesContext(connection) as hundred:
        done = tell_all(shop, *batch_of(kind, 100, name="hundred"))

    assert done == {"accepted": 100, "duplicates": 0, "errors": []}
    # More than a few rows go by way of a temporary table, which takes some statements and none for each row.
    assert len(hundred) <= len(one) + 5, [query["sql"][:100] for query in hundred]


def test_one_track_of_somebody_known_takes_six_queries(shop: ApiClient, django_assert_num_queries: Any) -> None:
    shop.tell("/track", TRIAL)

    # The key, the workspace and the event; in a test the scope is a savepoint too, which sets the workspace back.
    with django_assert_num_queries(6):
        tell_all(shop, {**TRIAL, "type": "track", "messageId": "m-2"})


def test_what_is_told_alone_is_kept_as_in_a_batch(shop: ApiClient) -> None:
    shop.tell("/identify", {"userId": "7"})
    call = {**TRIAL, "type": "track", "properties": {"plan": "pro", "words": 'tab\\t, "quotes", 🥖'}}

    alone = shop.tell("/track", {**call, "messageId": "m-2"}).json()
    both = tell_all(shop, {**call, "messageId": "m-3"}, {**call, "messageId": "m-4"})

    assert (alone["accepted"], both["accepted"]) == (1, 2)
    events = [event.__dict__ for event in Event.objects.filter(kind="CustomEvent").order_by("pk")]
    keys = [event["payload"].pop("key") for event in events]
    told = IngestedEvent.objects.in_bulk(
        [(event["workspace_id"], key) for event, key in zip(events, keys, strict=True)]
    )
    own = {"_state", "id", "recorded_at", "tx"}
    assert len(events) == len(told) == 3
    assert len({json.dumps({k: str(v) for k, v in event.items() if k not in own}) for event in events}) == 1
    assert len({each.properties for each in told.values()}) == 1
    assert max(event["tx"] for event in events) == timeline_tx()
    assert Doorbell.objects.filter(queue="timeline").exists()


def timeline_tx() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select timeline_tx()")
        return int(cursor.fetchone()[0])


def test_a_refusal_is_answered_again_and_leaves_nothing_else(shop: ApiClient) -> None:
    sale = {"userId": "7", "event": "Order Completed", "properties": {"order_id": "1", "total": -1}}

    first, again = (shop.tell("/track", sale, headers={"Idempotency-Key": "sale-1"}) for _ in range(2))

    assert first.status_code == again.status_code == 422
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert not Customer.objects.exists()
    assert not IngestedEvent.objects.exists()


def test_a_number_beyond_a_double_is_kept_as_it_was_written(shop: ApiClient) -> None:
    shop.tell("/track", b'{"userId": "7", "event": "E", "properties": {"large": 1e999, "small": 1.5}}')

    assert IngestedEvent.objects.get().read_properties() == {"large": "1e999", "small": 1.5}


def test_what_was_told_is_exported_and_erased(shop: ApiClient) -> None:
    shop.tell("/track", {**TRIAL, "properties": {"note": "Canary"}})
    data = next(each for each in personal_data() if each.model is IngestedEvent)
    anna = known("shop", "7")
    assert anna is not None

    assert [row["properties"] for row in data.export(anna)] == [{"note": "Canary"}]
    assert data.erase(anna) == 1
    assert "Canary" not in str(list(IngestedEvent.objects.values()))
    assert shop.tell("/track", TRIAL).json()["duplicates"] == 1
