"""The questions of `bench/lists.py`: an address of a list, and the same rows asked for by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.test import Client

from accounts.models import Workspace
from messaging.addresses import hash_address

SIZE = 50
_COUNTED = "and cancelled_at is null and archived_at is null"


@dataclass(frozen=True)
class ListCase:
    """`path` is the page's address in the workspace; `condition` and `order`, what the statement by hand asks for."""

    name: str
    workspace: Workspace
    path: str
    table: str
    condition: str
    order: str

    def ask(self, browser: Client) -> str:
        answer = browser.get(f"/w/{self.workspace.slug}/{self.path}")
        assert answer.status_code == HTTPStatus.OK, self.name
        return answer.content.decode()

    def ask_by_hand(self, cursor: Any) -> list[int]:
        cursor.execute(
            f"select id from {self.table} where workspace_id = %s {self.condition} order by {self.order} limit {SIZE}",  # noqa: S608  all of it is written here
            [self.workspace.pk],
        )
        return [pk for (pk,) in cursor.fetchall()]

    def check(self, cursor: Any, browser: Client) -> None:
        rows = re.findall(r'href="[^"]*/(\d+)/" data-row-link', self.ask(browser))
        assert [int(pk) for pk in rows] == self.ask_by_hand(cursor), f"{self.name}: {self.path}"


def list_cases(town: Workspace, cursor: Any) -> list[ListCase]:
    return [*_orders(town, cursor), *_products(town), *_messages(town, cursor)]


def _orders(town: Workspace, cursor: Any) -> list[ListCase]:
    cursor.execute(
        "select email_norm, c.id from sales_order o join customers_customer c on c.id = o.customer_id "
        "where o.workspace_id = %s and email_norm <> '' limit 1",
        [town.pk],
    )
    email, customer = cursor.fetchone()
    march = "and placed_on between '2019-03-01' and '2019-03-31'"
    newest, dearest = "placed_at desc, id desc", "value_minor desc, id desc"
    asked = {
        "newest": ("", _COUNTED, newest),
        "oldest": ("sort=placed_at", _COUNTED, "placed_at, id"),
        "dearest": ("sort=-value_minor", _COUNTED, dearest),
        "number": ("q=S-0004", f"and number >= 'S-0004' and number < 'S-0005' {_COUNTED}", newest),
        "one_number": ("q=S-00045123", f"and number = 'S-00045123' {_COUNTED}", newest),
        "email": (f"q={email}", f"and customer_id = {customer} {_COUNTED}", newest),
        "email_unknown": ("q=nobody@nowhere.example", "and customer_id = 0", newest),
        "channel_common": ("channel=web", f"and channel = 'web' {_COUNTED}", newest),
        "channel_rare": ("channel=fair", f"and channel = 'fair' {_COUNTED}", newest),
        "channel_dearest": ("channel=till&sort=-value_minor", f"and channel = 'till' {_COUNTED}", dearest),
        "unpaid": ("status=unpaid", f"and paid_at is null and fulfilled_at is null {_COUNTED}", newest),
        "paid": ("status=paid", f"and paid_at is not null and fulfilled_at is null {_COUNTED}", newest),
        "cancelled": ("status=cancelled", "and cancelled_at is not null and archived_at is null", newest),
        "archived": ("status=archived", "and archived_at is not null", newest),
        "a_month": ("placed_from=2019-03-01&placed_to=2019-03-31", f"{march} {_COUNTED}", newest),
    }
    return [
        ListCase(f"orders_{name}", town, f"orders/?{query}", "sales_order", condition, order)
        for name, (query, condition, order) in asked.items()
    ]


def _products(town: Workspace) -> list[ListCase]:
    asked = {
        "by_name": ("", "", "name, id"),
        "by_sku": ("sort=sku", "", "sku, id"),
        "dearest": ("sort=-price_minor", "", "price_minor desc, id desc"),
        "search": ("q=sku-19", "and sku like 'SKU-19%%'", "name, id"),
    }
    return [
        ListCase(f"products_{name}", town, f"products/?{query}", "sales_product", condition, order)
        for name, (query, condition, order) in asked.items()
    ]


def _messages(town: Workspace, cursor: Any) -> list[ListCase]:
    cursor.execute("select address from messaging_message where workspace_id = %s and address <> '' limit 1", [town.pk])
    (address,) = cursor.fetchone()
    cursor.execute(
        "set session_replication_role = replica; "  # past the trigger that lets nobody change whom a message is for
        "update messaging_message set address_hash = %s where workspace_id = %s and address = %s; "
        "reset session_replication_role",
        [hash_address(address), town.pk, address],
    )
    asked = {
        "newest": ("", ""),
        "address": (f"q={address}", f"and address_hash = '{hash_address(address)}'"),
        "address_unknown": ("q=nobody@nowhere.example", "and address_hash = ''"),
        "skipped": ("state=skipped", "and state = 'skipped'"),
        "failed": ("state=failed", "and state = 'failed'"),
        "sent": ("state=sent", "and state = 'sent'"),
        "confirmations": ("purpose=confirmation", "and purpose = 'confirmation'"),
        "tests": ("purpose=test", "and purpose = 'test'"),
    }
    return [
        ListCase(
            f"messages_{name}", town, f"messages/?{query}", "messaging_message", condition, "created_at desc, id desc"
        )
        for name, (query, condition) in asked.items()
    ]
