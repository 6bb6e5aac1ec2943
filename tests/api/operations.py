"""The operations of the committed schema, each with a request that works: its example, on an object of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

import yaml

from accounts.public_ids import encode_id
from crm.openapi.examples import EXAMPLES
from customers.actions import archive_customer
from customers.actions.segments import add_segment, archive_segment
from customers.models import Segment
from messaging.actions import add_template, campaigns
from messaging.actions.flows import add_flow, switch_on_flow
from messaging.models import Flow
from sales.actions import archive_order, archive_product
from tests.api.conftest import NO_BODY, PREFIX, ApiClient
from tests.architecture.house import ROOT
from tests.factories.campaigns import CampaignFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, TopicFactory
from tests.factories.sales import CartFactory, OrderFactory, ProductFactory
from tests.messaging.campaigns.crowd import started

# In C, which takes a quarter of the time: every worker reads it.
SCHEMA = yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}


def a_list() -> Any:
    return add_segment(name=f"Guests {Segment.objects.count()}")


def a_newsletter() -> Any:
    when = {"timing": "workspace", "repeats": "weekly", "repeat_day": 2, "send_time": time(9)}
    return campaigns.launch_campaign(CampaignFactory(**when))


def a_template() -> Any:
    return add_template(name="Letter", subject="Hello", body="Hi").template


def a_flow() -> Any:
    steps = [{"key": "wait", "do": "wait", "days": 1}]
    definition = {"trigger": {"on": "hand"}, "steps": steps}
    return switch_on_flow(add_flow(name=f"Hello {Flow.objects.count()}", definition=definition))


MADE: dict[str, tuple[str, Callable[[], Any]]] = {
    "customers": ("cus", CustomerFactory),
    "orders": ("ord", OrderFactory),
    "segments": ("seg", a_list),
    "campaigns": ("cmp", CampaignFactory),
    "products": ("prd", ProductFactory),
    "carts": ("crt", CartFactory),
    "messages": ("msg", MessageFactory),
    "templates": ("tpl", a_template),
    "flows": ("flw", a_flow),
}
# Objects at the moment at which they can be decided about.
PREPARED: dict[tuple[str, str], Callable[[], Any]] = {
    ("campaigns", "pause"): a_newsletter,
    ("campaigns", "resumption"): lambda: campaigns.pause_campaign(a_newsletter()),
    ("campaigns", "cancellation"): a_newsletter,
    ("campaigns", "retry"): started,
}
ARCHIVE: dict[str, Callable[[Any], Any]] = {
    "customers": archive_customer,
    "orders": archive_order,
    "products": archive_product,
    "segments": archive_segment,
}
# What the schema and the examples show in the place of an id.
SOME_ID = "cus_UkLWZg9D"


@dataclass(frozen=True)
class Request:
    method: str
    address: str
    body: Any = NO_BODY

    def send(self, client: ApiClient) -> Any:
        return client.send(self.method, self.address, self.body)


def prepared(name: str) -> Request:
    """The operation's example, on objects made for it in the workspace in scope."""
    method, path, operation = OPERATIONS[name]
    TopicFactory(key="news")
    address = path.removeprefix(PREFIX)
    if "{id}" in address:
        address = address.replace("{id}", _object_of(operation["tags"][0], address))
    if method not in {"post", "patch"}:
        return Request(method, address)
    somebody = encode_id("cus", CustomerFactory().pk)
    return Request(method, address, json.loads(json.dumps(EXAMPLES.get(name, {})).replace(SOME_ID, somebody)))


def _object_of(kind: str, address: str) -> str:
    prefix, make = MADE[kind]
    made = PREPARED.get((kind, address.rpartition("/")[2]), make)()
    if "restoration" in address:
        ARCHIVE[kind](made)
    return encode_id(prefix, made.pk)


def resolved(schema: Any) -> Any:
    return SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def id_fields(schema: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a body that the schema describes may hold an id: `("lines", "product")` is a field of each line."""
    schema = resolved(schema)
    if schema.get("example") == SOME_ID and not schema.get("readOnly"):
        yield at
    for inner in schema.get("allOf", ()):
        yield from id_fields(inner, at)
    if "items" in schema:
        yield from id_fields(schema["items"], at)
    for field, described in schema.get("properties", {}).items():
        yield from id_fields(described, (*at, field))
