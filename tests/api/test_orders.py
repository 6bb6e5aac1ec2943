from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from customers.models import Customer
from sales.models import Order, OrderLine, Product, Refund
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory, ProductFactory
from timeline.models import Event

LINE = {"description": "Rye loaf", "quantity": 2, "unit_price_minor": 450}
PLACED = "2026-03-02T09:30:00Z"


def customer_id(customer: Customer) -> str:
    return encode_id("cus", customer.pk)


def order_id(order: Order) -> str:
    return encode_id("ord", order.pk)


def place(shop: ApiClient, **order: Any) -> Any:
    return shop.tell("/orders", {"placed_at": PLACED, "lines": [LINE], **order}).json()


def test_an_order_is_placed_and_read_back(shop: ApiClient) -> None:
    loaf = ProductFactory(sku="RYE", name="Rye loaf", price_minor=450)
    anna = CustomerFactory()

    response = shop.tell(
        "/orders",
        {
            "customer": customer_id(anna),
            "number": "A-1",
            "channel": "web",
            "placed_at": "2026-03-02T10:30:00+01:00",
            "discount_minor": 100,
            "lines": [{"sku": "RYE", "quantity": 2}, {"product": encode_id("prd", loaf.pk)}, LINE],
        },
    )

    order = response.json()
    assert response.status_code == 201
    assert order == shop.ask(f"/orders/{order['id']}").json()
    assert (order["customer"], order["source"], order["number"]) == (customer_id(anna), "shop", "A-1")
    assert (order["placed_at"], order["paid_at"]) == (PLACED, PLACED)
    assert (order["total_minor"], order["value_minor"], order["currency"], order["units"]) == (2150, 2150, "EUR", 5)
    assert [line["sku"] for line in order["lines"]] == ["RYE", "RYE", ""]
    assert [line["total_minor"] for line in order["lines"]] == [900, 450, 900]


def test_an_order_in_another_currency_keeps_its_rate(shop: ApiClient) -> None:
    order = place(shop, currency="USD", rate_micros=900_000)

    assert (order["total_minor"], order["currency"], order["value_minor"]) == (900, "USD", 810)


@pytest.mark.parametrize(
    ("order", "status", "code", "param"),
    [
        ({"lines": None}, 422, "invalid_value", "lines"),
        ({"lines": []}, 422, "invalid_value", "lines"),
        ({"lines": [7]}, 422, "invalid_value", "lines[0]"),
        ({"lines": [LINE, {"quantity": 1}]}, 422, "invalid_value", "lines[1]"),
        ({"lines": [{**LINE, "quantity": "2"}]}, 422, "invalid_value", "lines[0].quantity"),
        ({"lines": [{**LINE, "quantity": 0}]}, 422, "invalid_value", "lines[0].quantity"),
        ({"lines": [{**LINE, "unit_price_minor": 10**40}]}, 422, "invalid_value", "lines[0].unit_price_minor"),
        ({"lines": [{**LINE, "unit_price_minor": -1}]}, 422, "invalid_value", "lines[0].unit_price_minor"),
        ({"lines": [{**LINE, "colour": "brown"}]}, 422, "unknown_field", "lines[0].colour"),
        ({"lines": [LINE, {"sku": "NONE"}]}, 422, "unknown_reference", "lines[1].sku"),
        ({"lines": [{"product": "prd_UkLWZg9D"}]}, 422, "unknown_reference", "lines[0].product"),
        ({"customer": "cus_UkLWZg9D"}, 422, "unknown_reference", "customer"),
        ({"customer": 7}, 422, "unknown_reference", "customer"),
        ({"currency": "BTC"}, 422, "invalid_value", "currency"),
        ({"currency": "USD"}, 422, "invalid_value", "rate_micros"),
        ({"rate_micros": 0}, 422, "invalid_value", "rate_micros"),
        ({"discount_minor": 901}, 422, "invalid_value", "discount_minor"),
        ({"placed_at": "2026-03-02"}, 422, "invalid_value", "placed_at"),
        ({"placed_at": "2026-03-02T09:30:00"}, 422, "invalid_value", "placed_at"),
        ({"placed_at": "2199-03-02T09:30:00Z"}, 422, "invalid_value", "placed_at"),
        ({"placed_at": 1772443800}, 422, "invalid_value", "placed_at"),
        ({"number": "TAKEN"}, 409, "conflict", "number"),
        ({"total_minor": 900}, 422, "unknown_field", "total_minor"),
        ({"status": "paid"}, 422, "unknown_field", "status"),
    ],
)
def test_a_wrong_order_is_refused_and_leaves_no_row(
    shop: ApiClient, order: dict[str, Any], status: int, code: str, param: str
) -> None:
    OrderFactory(number="TAKEN", source="shop")

    response = shop.tell("/orders", {"placed_at": PLACED, "lines": [LINE], **order})

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert Order.objects.count() == 1
    assert not OrderLine.objects.exists()
    assert not Event.objects.exists()


def test_an_order_is_changed_by_what_is_sent(shop: ApiClient) -> None:
    order = place(shop, number="A-1", channel="web")

    changed = shop.change(f"/orders/{order['id']}", {"channel": "shop", "lines": [LINE, LINE]}).json()

    assert (changed["channel"], changed["number"], changed["total_minor"]) == ("shop", "A-1", 1800)
    refused = shop.change(f"/orders/{order['id']}", {"source": "other"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "source")


def test_an_order_is_paid_fulfilled_and_cancelled(shop: ApiClient) -> None:
    address = f"/orders/{place(shop, paid=False)['id']}"

    paid = shop.tell(f"{address}/payment", {"paid_at": "2026-03-03T09:30:00Z"}).json()
    fulfilled = shop.tell(f"{address}/fulfilment", {}).json()
    cancelled = shop.tell(f"{address}/cancellation", {}).json()

    assert paid["paid_at"] == "2026-03-03T09:30:00Z"
    assert paid["fulfilled_at"] is None
    assert fulfilled["fulfilled_at"] is not None
    assert cancelled["cancelled_at"] is not None
    closed = shop.change(address, {"channel": "web"})
    assert (closed.status_code, closed.json()["error"]["code"]) == (409, "conflict")


def test_an_order_is_archived_and_restored(shop: ApiClient) -> None:
    address = f"/orders/{place(shop)['id']}"

    assert shop.remove(address).json()["archived_at"] is not None
    assert shop.ask("/orders").json()["data"] == []
    assert len(shop.ask("/orders", archived="true").json()["data"]) == 1
    assert shop.tell(f"{address}/restoration", {}).json()["archived_at"] is None


def test_refunds_belong_to_their_order(shop: ApiClient) -> None:
    address = f"/orders/{place(shop)['id']}"

    refund = shop.tell(f"{address}/refunds", {"amount_minor": 400, "reason": "Burnt", "key": "r-1"})
    again = shop.tell(f"{address}/refunds", {"amount_minor": 400, "reason": "Burnt", "key": "r-1"})
    too_large = shop.tell(f"{address}/refunds", {"amount_minor": 501})
    nothing = shop.tell(f"{address}/refunds", {"amount_minor": 0})

    assert (refund.status_code, again.json()["id"]) == (201, refund.json()["id"])
    assert (too_large.status_code, too_large.json()["error"]["param"]) == (409, "amount_minor")
    assert nothing.status_code == 422
    assert shop.ask(f"{address}/refunds").json()["data"] == [refund.json()]
    assert shop.ask(address).json()["refunded_minor"] == 400
    assert Refund.objects.count() == 1


def test_another_workspace_s_order_is_not_found(
    shop: ApiClient, other_shop: ApiClient, other_workspace: Workspace
) -> None:
    order, loaf, anna = OrderFactory(channel="ours"), ProductFactory(), CustomerFactory()
    address = f"/orders/{order_id(order)}"

    for response in (
        other_shop.ask(address),
        other_shop.change(address, {"channel": "theirs"}),
        other_shop.remove(address),
        *(
            other_shop.tell(f"{address}/{part}", {"amount_minor": 1} if part == "refunds" else {})
            for part in ("restoration", "payment", "fulfilment", "cancellation", "refunds")
        ),
        other_shop.ask(f"{address}/refunds"),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    for order_of_theirs, param in (
        ({"customer": customer_id(anna)}, "customer"),
        ({"lines": [{"product": encode_id("prd", loaf.pk)}]}, "lines[0].product"),
        ({"lines": [{"sku": loaf.sku}]}, "lines[0].sku"),
    ):
        refused = other_shop.tell("/orders", {"placed_at": PLACED, "lines": [LINE], **order_of_theirs})
        assert (refused.status_code, refused.json()["error"]["param"]) == (422, param)
    assert other_shop.ask("/orders", customer=customer_id(anna)).json()["data"] == []
    order.refresh_from_db()
    assert (order.channel, order.archived_at, order.refunded_minor) == ("ours", None, 0)
    with workspace_scope(other_workspace):
        assert not Order.objects.exists()


def test_the_list_is_filtered(shop: ApiClient) -> None:
    anna = CustomerFactory()
    wanted = place(shop, customer=customer_id(anna), number="A-1", channel="web")["id"]
    place(shop, number="A-2", channel="shop", source="till", placed_at="2026-04-01T00:00:00Z")

    for filters in (
        {"customer": customer_id(anna)},
        {"number": "A-1"},
        {"channel": "web"},
        {"source": "shop"},
        {"placed_from": PLACED, "placed_before": "2026-03-03T00:00:00Z"},
    ):
        assert [order["id"] for order in shop.ask("/orders", **filters).json()["data"]] == [wanted], filters


def test_the_customer_is_expanded_for_a_key_that_may_read_customers(shop: ApiClient, workspace: Workspace) -> None:
    anna = CustomerFactory(name="Anna")
    order = place(shop, customer=customer_id(anna))
    till = api_client(workspace, scopes=[ApiScope.SALES_READ])

    shown = shop.ask(f"/orders/{order['id']}", **{"expand[]": "customer"}).json()
    refused = till.ask(f"/orders/{order['id']}", **{"expand[]": "customer"})

    assert shown["customer"] == shop.ask(f"/customers/{customer_id(anna)}").json()
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_scope")
    assert till.ask(f"/orders/{order['id']}").json()["customer"] == customer_id(anna)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_the_same_queries_whatever_its_length(shop: ApiClient, rows: int) -> None:
    loaf = ProductFactory()
    for order in OrderFactory.create_batch(rows):
        order.lines.create(product=loaf, description="Loaf")

    with CaptureQueriesContext(connection) as queries:
        shop.ask("/orders", **{"expand[]": "customer"})

    asked = [query["sql"] for query in queries if query["sql"].startswith(('SELECT "customers_', 'SELECT "sales_'))]
    assert len(asked) == 4, "orders with customers, lines with products, tags, external ids"


def test_a_batch_answers_for_each_order(shop: ApiClient) -> None:
    anna = CustomerFactory(email="anna@mail.example")
    item = {"placed_at": PLACED, "total_minor": 900}

    answer = shop.tell(
        "/orders/batch",
        {
            "orders": [
                {**item, "number": "1", "customer": customer_id(anna)},
                {
                    **item,
                    "number": "2",
                    "customer_email": "ANNA@mail.example",
                    "lines": [{"sku": "RYE", "total_minor": 900}],
                },
                {**item, "number": "3", "customer_external_id": "7", "customer_name": "New"},
                {**item, "number": "4", "customer": "cus_UkLWZg9D"},
                {**item, "number": "5", "total_minor": -1},
                {**item, "number": "6", "customer_email": "nobody"},
                {**item, "nmuber": "7"},
                {**item, "number": "8", "currency": "BTC"},
                {**item, "number": "9", "lines": [{"sku": "RYE"}]},
            ]
        },
    ).json()["data"]

    found = [(each["status"], (each["error"] or {}).get("param")) for each in answer]
    assert found == [
        ("created", None),
        ("created", None),
        ("created", None),
        ("refused", "customer"),
        ("refused", "total_minor"),
        ("refused", "customer_email"),
        ("refused", "nmuber"),
        ("refused", "currency"),
        ("refused", "lines"),
    ]
    assert shop.ask(f"/orders/{answer[1]['id']}").json()["customer"] == customer_id(anna)
    assert Order.objects.count() == 3
    assert Product.objects.count() == 1


def test_the_same_batch_twice_changes_nothing(shop: ApiClient) -> None:
    orders = [
        {"number": str(number), "placed_at": PLACED, "total_minor": number, "customer_external_id": str(number % 50)}
        for number in range(1000)
    ]

    first = shop.tell("/orders/batch", {"orders": orders}).json()["data"]
    events = Event.objects.count()
    second = shop.tell("/orders/batch", {"orders": orders}).json()["data"]

    assert {each["status"] for each in first} == {"created"}
    assert {each["status"] for each in second} == {"unchanged"}
    assert [each["id"] for each in first] == [each["id"] for each in second]
    assert (Order.objects.count(), Customer.objects.count()) == (1000, 50)
    assert Event.objects.count() == events


def test_a_batch_may_refuse_to_add_customers(shop: ApiClient) -> None:
    order = {"number": "1", "placed_at": PLACED, "total_minor": 1, "customer_name": "Nobody yet"}

    answer = shop.tell("/orders/batch", {"adds_customers": False, "orders": [order]}).json()["data"]

    assert answer[0]["status"] == "refused"
    assert not Customer.objects.exists()


def test_a_batch_of_one_workspace_does_not_touch_another_s(shop: ApiClient, other_shop: ApiClient) -> None:
    order = {"number": "1", "placed_at": PLACED, "total_minor": 1}
    ours = shop.tell("/orders/batch", {"orders": [order]}).json()["data"]

    theirs = other_shop.tell("/orders/batch", {"orders": [{**order, "total_minor": 2}]}).json()["data"]

    assert theirs[0]["status"] == "created"
    assert theirs[0]["id"] != ours[0]["id"]
    assert Order.objects.get().total_minor == 1
