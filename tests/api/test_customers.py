from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from customers.models import Customer, CustomerTag
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory, TagFactory
from timeline.models import Event

ANNA = {
    "name": "Anna Bloom",
    "email": "Anna@mail.example",
    "birthday": "02-29",
    "country": "DE",
    "external_ids": [{"source": "shop", "value": "7"}],
    "attributes": {"bread": "rye", "since": "2020-01-01", "loaves": 3},
    "tags": ["regular"],
}


def public(customer: Customer) -> str:
    return encode_id("cus", customer.pk)


def test_a_customer_is_created_and_read_back(shop: ApiClient) -> None:
    created = shop.tell("/customers", ANNA)

    assert created.status_code == 201
    answer = created.json()
    assert answer == shop.ask(f"/customers/{answer['id']}").json()
    assert {name: answer[name] for name in ANNA} == ANNA
    assert answer["is_anonymous"] is False
    assert answer["archived_at"] is None
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "CustomerJoined",
        "CustomerChanged",
        "CustomerTagged",
    ]


def test_a_customer_is_changed_by_what_is_sent(shop: ApiClient) -> None:
    customer_id = shop.tell("/customers", ANNA).json()["id"]

    changed = shop.change(f"/customers/{customer_id}", {"city": "Berlin", "attributes": {"loaves": None}})

    assert changed.status_code == 200
    assert changed.json()["city"] == "Berlin"
    assert changed.json()["name"] == "Anna Bloom"
    assert changed.json()["attributes"] == {"bread": "rye", "since": "2020-01-01"}


def test_a_customer_is_archived_and_restored(shop: ApiClient) -> None:
    customer_id = public(CustomerFactory())

    assert shop.remove(f"/customers/{customer_id}").json()["archived_at"] is not None
    assert shop.ask("/customers").json()["data"] == []
    assert [each["id"] for each in shop.ask("/customers", archived="true").json()["data"]] == [customer_id]

    assert shop.tell(f"/customers/{customer_id}/restoration", {}).json()["archived_at"] is None
    assert [each["id"] for each in shop.ask("/customers").json()["data"]] == [customer_id]


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 422, "invalid_value", "name"),
        ([], 422, "invalid_value", None),
        ("text", 422, "invalid_value", None),
        (None, 422, "invalid_value", None),
        ({"nmae": "Anna"}, 422, "unknown_field", "nmae"),
        ({"id": "cus_1", "name": "Anna"}, 422, "unknown_field", "id"),
        ({"name": 7}, 422, "invalid_value", "name"),
        ({"name": None}, 422, "invalid_value", "name"),
        ({"name": "A" * 201}, 422, "invalid_value", "name"),
        ({"email": "nobody"}, 422, "invalid_value", "email"),
        ({"name": "Anna", "email": "taken@mail.example"}, 409, "conflict", "email"),
        ({"name": "Anna", "birthday": "30-02"}, 422, "invalid_value", "birthday"),
        ({"name": "Anna", "birthday": 19900312}, 422, "invalid_value", "birthday"),
        ({"name": "Anna", "country": "Germany"}, 422, "invalid_value", "country"),
        ({"name": "Anna", "zone": "Mars/Base"}, 422, "invalid_value", "zone"),
        ({"name": "Anna", "joined_on": "2999-01-01"}, 422, "invalid_value", "joined_on"),
        ({"name": "Anna", "joined_on": "31.01.2026"}, 422, "invalid_value", "joined_on"),
        ({"name": "Anna", "preferred_channel": "pigeon"}, 422, "invalid_value", "preferred_channel"),
        ({"name": "Anna", "attributes": {"bad key": 1}}, 422, "invalid_value", "attributes.bad key"),
        ({"name": "Anna", "attributes": {"bread": ["rye"]}}, 422, "invalid_value", "attributes.bread"),
        ({"name": "Anna", "attributes": 7}, 422, "invalid_value", "attributes"),
        ({"name": "Anna", "tags": "regular"}, 422, "invalid_value", "tags"),
        ({"name": "Anna", "tags": [""]}, 422, "invalid_value", "tags[0]"),
        ({"name": "Anna", "external_ids": [{"source": "shop"}]}, 422, "missing_field", "external_ids[0].value"),
        ({"name": "Anna", "external_ids": [{"source": "shop", "value": "9"}]}, 409, "conflict", "external_ids"),
    ],
)
def test_a_wrong_customer_is_refused_and_leaves_no_row(
    shop: ApiClient, body: object, status: int, code: str, param: str | None
) -> None:
    taken = CustomerFactory(email="taken@mail.example")
    taken.external_ids.create(source="shop", value="9")

    response = shop.tell("/customers", body)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["message"]
    assert Customer.objects.count() == 1
    assert not Event.objects.exists()


def test_a_conflict_names_the_other_customer_by_id_only(shop: ApiClient) -> None:
    taken = CustomerFactory(name="Secret Name", email="taken@mail.example")

    response = shop.tell("/customers", {"name": "Anna", "email": "taken@mail.example"})

    assert public(taken) in response.json()["error"]["message"]
    assert "Secret Name" not in response.content.decode()


def test_another_workspace_s_customer_is_not_found(shop: ApiClient, other_shop: ApiClient) -> None:
    customer = CustomerFactory(name="Ours")
    address = f"/customers/{public(customer)}"

    assert other_shop.ask("/customers").json()["data"] == []
    for response in (
        other_shop.ask(address),
        other_shop.change(address, {"name": "Theirs"}),
        other_shop.remove(address),
        other_shop.tell(f"{address}/restoration", {}),
    ):
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
    batch = other_shop.tell("/customers/batch", {"customers": [{"id": public(customer), "name": "Theirs"}]}).json()
    assert batch["data"][0]["status"] == "refused"
    customer.refresh_from_db()
    assert (customer.name, customer.archived_at) == ("Ours", None)
    assert not Event.objects.exists()


def test_a_merged_id_answers_the_customer_who_remains(shop: ApiClient) -> None:
    survivor = CustomerFactory()
    absorbed = CustomerFactory(email="", email_norm="", merged_into=survivor)

    assert shop.ask(f"/customers/{public(absorbed)}").json()["id"] == public(survivor)
    assert [each["id"] for each in shop.ask("/customers").json()["data"]] == [public(survivor)]


def test_the_list_is_filtered(shop: ApiClient) -> None:
    CustomerFactory(email="other@mail.example")
    anna = shop.tell("/customers", {**ANNA, "phone": "+49 30 1234567", "joined_on": "2025-06-01"}).json()["id"]

    for filters in (
        {"email": "ANNA@mail.example"},
        {"phone": "+49301234567"},
        {"external_id": "shop:7"},
        {"tag": "regular"},
        {"joined_from": "2025-06-01", "joined_before": "2025-06-02"},
    ):
        assert [each["id"] for each in shop.ask("/customers", **filters).json()["data"]] == [anna], filters
    assert shop.ask("/customers", joined_before="2025-06-01").json()["data"] == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("cursor", "5"),
        ("cursor", "pos_"),
        ("email", "nobody"),
        ("external_id", "7"),
        ("joined_from", "yesterday"),
        ("archived", "perhaps"),
        ("expand[]", "orders"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(shop: ApiClient, parameter: str, value: str) -> None:
    response = shop.ask("/customers", **{parameter: value})

    assert response.status_code == 422
    assert response.json()["error"]["param"] == parameter


def test_facts_are_expanded_for_a_key_that_may_read_sales(shop: ApiClient, workspace: Workspace) -> None:
    customer_id = shop.tell("/customers", ANNA).json()["id"]
    reader = api_client(workspace, scopes=[ApiScope.CUSTOMERS_READ])

    shown = shop.ask(f"/customers/{customer_id}", **{"expand[]": "facts"}).json()
    refused = reader.ask(f"/customers/{customer_id}", **{"expand[]": "facts"})

    assert shown["facts"] == {
        "orders_count": 0,
        "purchase_days": 0,
        "units": 0,
        "spent_minor": 0,
        "first_order_on": None,
        "last_order_on": None,
        "last_visit_at": None,
    }
    assert reader.ask(f"/customers/{customer_id}").json()["facts"] is None
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_the_same_queries_whatever_its_length(shop: ApiClient, rows: int) -> None:
    tag = TagFactory()
    for customer in CustomerFactory.create_batch(rows):
        CustomerTag.objects.create(customer=customer, tag=tag)
        customer.external_ids.create(source="shop", value=str(customer.pk))
    shop.ask("/customers")

    with CaptureQueriesContext(connection) as queries:
        shop.ask("/customers", **{"expand[]": "facts"})

    asked = [query["sql"] for query in queries if query["sql"].startswith('SELECT "customers_')]
    assert len(asked) == 4, "customers with facts, uses of tags, tags, external ids"


def test_a_batch_answers_for_each_item(shop: ApiClient) -> None:
    known = CustomerFactory(name="Known", email="known@mail.example")

    answer = shop.tell(
        "/customers/batch",
        {
            "customers": [
                {"external_id": "1", "name": "New", "attributes": {"bread": "rye"}, "tags": ["regular"]},
                {"id": public(known), "city": "Berlin"},
                {"email": "KNOWN@mail.example", "city": "Berlin", "birthday": None},
                {"name": "Wrong", "email": "nobody"},
                {"nmae": "Misspelt"},
                "text",
                {"id": "cus_nobody", "name": "Nobody"},
                {"name": "New too", "birthday": "1990-03-12", "phone": "030 1234567"},
            ]
        },
    )

    assert answer.status_code == 200
    found = [(each["index"], each["status"], (each["error"] or {}).get("param")) for each in answer.json()["data"]]
    assert found == [
        (0, "created", None),
        (1, "repeated", None),
        (2, "updated", None),
        (3, "refused", "email"),
        (4, "refused", "nmae"),
        (5, "refused", None),
        (6, "refused", "id"),
        (7, "created", None),
    ]
    new_too = shop.ask(f"/customers/{answer.json()['data'][7]['id']}").json()
    assert (new_too["birthday"], new_too["phone"]) == ("1990-03-12", "030 1234567")


def test_the_same_batch_twice_changes_nothing(shop: ApiClient) -> None:
    items = [{"external_id": str(number), "name": f"Customer {number}"} for number in range(1000)]

    first = shop.tell("/customers/batch", {"customers": items}).json()["data"]
    second = shop.tell("/customers/batch", {"customers": items}).json()["data"]

    assert {each["status"] for each in first} == {"created"}
    assert {each["status"] for each in second} == {"unchanged"}
    assert [each["id"] for each in first] == [each["id"] for each in second]
    assert Customer.objects.count() == 1000


@pytest.mark.parametrize("customers", [[], "text", None, [{}] * 1001])
def test_a_batch_is_a_list_of_up_to_a_thousand(shop: ApiClient, customers: object) -> None:
    response = shop.tell("/customers/batch", {"customers": customers})

    assert response.status_code == 422
    assert response.json()["error"]["param"] == "customers"
    assert not Customer.objects.exists()


def test_an_id_given_in_another_workspace_is_free_here(shop: ApiClient, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        CustomerFactory(email="anna@mail.example").external_ids.create(source="shop", value="7")

    assert shop.tell("/customers", ANNA).status_code == 201
