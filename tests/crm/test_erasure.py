"""After an erasure, nothing in any table says who it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from accounts.models import IdempotencyKey, Workspace
from accounts.scope import workspace_scope
from customers.actions import (
    add_customer,
    define_attribute,
    edit_customer,
    erase_customer,
    export_customer,
    merge_customers,
    tag_customer,
    write_note,
)
from customers.models import Customer
from messaging.actions import suppress_address
from messaging.links import links_for
from messaging.models import Message, MessageEvent, SuppressionReason
from sales.actions import NewLine, place_order, refund_order, update_cart
from sales.models import PageView, ProductView
from tests.api.conftest import ApiClient, api_client
from tests.client import Browser
from tests.factories.messaging import ConsentFactory, MessageFactory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAME, EMAIL, PHONE = "Canary Rossi", "canary@mail.example", "+493023125001"
SECRETS = ("canary", "rossi", "23125001", "kreuzberg")


@pytest.fixture
def canary(workspace: Workspace) -> Customer:
    """Somebody of whom every room knows something, once merged with a second record of hers."""
    define_attribute(label="Favourite bread", kind="text")
    customer = add_customer(
        source="hand",
        name=NAME,
        email=EMAIL,
        phone=PHONE,
        address="Canary Row 1",
        city="Kreuzberg",
        attributes={"favourite_bread": "what Rossi likes"},
        external_ids={"shop": "canary-4711"},
    )
    merge_customers(survivor=customer, absorbed=add_customer(source="api", name=f"{NAME} again", phone=PHONE))
    edit_customer(customer, postal_code="10999")
    write_note(customer, text="Canary Rossi sings.")
    tag_customer(customer, name="regular")
    _let_her_buy(customer)
    _write_to_her(customer)
    export_customer(customer)
    return customer


def _let_her_buy(customer: Customer) -> None:
    line = NewLine(description="Rye", quantity=2, unit_price_minor=450)
    order = place_order(customer=customer, number="A-1", channel="web", placed_at=NOON, lines=[line])
    refund_order(order, amount_minor=100, reason="Canary was ill", refunded_at=NOON)
    update_cart(key="c-1", customer=customer, lines=[line], url="https://shop.example/canary", touched_at=NOON)
    PageView.objects.create(customer=customer, message_id="m-1", path="/of/canary", name="Canary", viewed_at=NOON)
    ProductView.objects.create(customer=customer, message_id="m-1", sku="canary", name="Canary", viewed_at=NOON)


def _write_to_her(customer: Customer) -> None:
    consent = ConsentFactory(customer=customer, wording="Canary agreed", detail="told by Rossi")
    message = MessageFactory(customer=customer, topic=consent.topic, context={"customer": {"name": NAME}})
    MessageEvent.objects.create(message=message, kind="put_off", detail=f"450 <{EMAIL}> later")
    links_for([message])
    Message.objects.update(reply=f"250 {EMAIL}")
    suppress_address(EMAIL, reason=SuppressionReason.BOUNCED, detail=f"550 {EMAIL}")


def traces() -> dict[str, list[str]]:
    """The rows of any table, as text, that hold one of the secrets."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select format('%I', relname) from pg_class
               where relkind = 'r' and relnamespace = 'public'::regnamespace and has_table_privilege(oid, 'select')"""
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"select row::text from {table} as row where row::text ilike any (%s)",  # noqa: S608  from the catalogue
                [[f"%{secret}%" for secret in SECRETS]],
            )
            if rows := [row for (row,) in cursor.fetchall()]:
                found[table] = rows
    return found


def test_an_erasure_leaves_no_trace_in_any_table(canary: Customer, owner_browser: Browser) -> None:
    assert {"customers_customer", "customers_note", "messaging_message", "sales_refund", "sales_pageview"} <= set(
        traces()
    )

    owner_browser.post(f"/customers/{canary.pk}/erasure/")

    assert traces() == {}


def test_an_erasure_leaves_everybody_else_alone(canary: Customer, other_workspace: Workspace) -> None:
    namesake = add_customer(source="hand", name=NAME, email="namesake@mail.example")
    with workspace_scope(other_workspace):
        stranger = add_customer(source="hand", name=NAME, email=EMAIL)

    erase_customer(canary)

    namesake.refresh_from_db()
    with workspace_scope(other_workspace):
        stranger.refresh_from_db()
    assert (namesake.name, stranger.email) == (NAME, EMAIL)


def test_what_the_api_answered_is_forgotten_with_whom_it_was_about(
    workspace: Workspace, owner_browser: Browser
) -> None:
    """Made, tagged in a batch, refused and ordered for with idempotency keys that name her, too."""
    shop = api_client(workspace)
    made = tell(shop, "/customers", {"name": NAME, "email": EMAIL, "phone": PHONE, "city": "Kreuzberg"})
    told = {"external_id": "canary-4711", "name": "Canary Rossi-Ångström", "email": EMAIL}
    tell(shop, "/customers/batch", {"source": "shop", "customers": [told]})
    tell(shop, "/identify", {"userId": "canary-4711", "traits": {"name": NAME, "email": EMAIL}})
    tell(shop, "/customers", {"name": "Canary's twin", "email": EMAIL, "birthday": f"{EMAIL}?"})
    line = {"description": "Rye", "quantity": 1, "unit_price_minor": 450}
    tell(shop, "/orders?expand[]=customer", {"customer": made["id"], "placed_at": NOON.isoformat(), "lines": [line]})
    other = tell(shop, "/customers", {"name": "Canary"})
    assert "accounts_idempotencykey" in traces()

    owner_browser.post(f"/customers/{Customer.objects.get(email=EMAIL).pk}/erasure/")
    again = tell(shop, "/customers", {"name": "Canary"})
    shop.change(f"/customers/{other['id']}", {"name": "Somebody else"})
    IdempotencyKey.objects.filter(body__contains=other["id"]).delete()

    assert again == other
    assert traces() == {}


def tell(shop: ApiClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    key = f"{path} {body.get('name', '')} <{body.get('email', '')}>"
    answer: dict[str, Any] = shop.tell(path, body, headers={"Idempotency-Key": key}).json()
    return answer


def test_a_retry_after_the_erasure_brings_nobody_back(workspace: Workspace, owner_browser: Browser) -> None:
    shop = api_client(workspace)
    tell(shop, "/customers", {"name": NAME, "email": EMAIL})
    owner_browser.post(f"/customers/{Customer.objects.get().pk}/erasure/")

    assert tell(shop, "/customers", {"name": NAME, "email": EMAIL})["error"]["code"] == "answer_erased"
    assert traces() == {}
