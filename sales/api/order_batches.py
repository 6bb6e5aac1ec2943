"""An order as an item of a batch, after `sales.upserting.rows.OrderRow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest.fields import Flag, Instant, Integer, MinorUnits, PublicId, Text
from accounts.rest.serializers import StrictSerializer
from customers.actions.upsert import SHOP
from customers.api.batches import MOST_ITEMS
from customers.api.serializers import PREFIX as CUSTOMER
from customers.normalising import clean_email, clean_name
from customers.refusals import ValueRefused
from sales.actions.lines import MOST_LINES, MOST_UNITS
from sales.actions.upsert import OrderLineRow, OrderRow
from sales.money import LARGEST_RATE

Cleaned = TypeVar("Cleaned")


class ItemLineSerializer(StrictSerializer):
    sku = Text(required=False, max_length=80, help_text="A product that is not known by it is added.")
    name = Text(required=False, max_length=200)
    category = Text(required=False, max_length=120)
    quantity = Integer(required=False, min_value=1, max_value=MOST_UNITS)
    unit_price_minor = MinorUnits(required=False)
    total_minor = MinorUnits(required=False)


class OrderItemSerializer(StrictSerializer):
    """One order of a batch, known by the batch's `source` and its `number`; or new."""

    number = Text(max_length=120)
    placed_at = Instant()
    total_minor = MinorUnits()
    customer = PublicId(CUSTOMER, required=False, source="customer_id", help_text="Who bought, by id; else by …")
    customer_external_id = Text(required=False, max_length=200, help_text="what the `source` calls them, or by …")
    customer_email = Text(required=False, max_length=254, help_text="their address, or by …")
    customer_name = Text(required=False, max_length=200, help_text="their name, if only one has it.")
    channel = Text(required=False, max_length=60)
    currency = Text(required=False, max_length=3)
    rate_micros = Integer(required=False, min_value=1, max_value=LARGEST_RATE)
    discount_minor = MinorUnits(required=False)
    refunded_minor = MinorUnits(required=False, help_text="The sum of all refunds so far.")
    units = Integer(required=False, min_value=0, max_value=MOST_UNITS, help_text="Where no lines are given.")
    lines = serializers.ListField(child=ItemLineSerializer(), required=False, max_length=MOST_LINES)
    paid_at = Instant(required=False)
    fulfilled_at = Instant(required=False)
    cancelled_at = Instant(required=False)


@extend_schema_field(OrderItemSerializer(many=True))
class OrderItems(serializers.ListField):
    """Checked one by one, so that a wrong one does not stop the others."""

    child = serializers.JSONField()


class OrderBatchSerializer(StrictSerializer):
    source = Text(  # type: ignore[assignment]  # a name of DRF's too
        required=False, default=SHOP, max_length=60, help_text="The system whose numbers and external ids these are."
    )
    adds_customers = Flag(default=True, help_text="Whether buyers who are not known are added.")
    orders = OrderItems(max_length=MOST_ITEMS, allow_empty=False, help_text=f"At most {MOST_ITEMS:,}.")


def order_row(item: Mapping[str, Any]) -> OrderRow:
    """Raises ValueRefused."""
    values = dict(item)
    if "lines" in values:
        values["lines"] = [OrderLineRow(**line) for line in values["lines"]]
    if values.get("customer_email"):
        values["customer_email"], values["customer_email_norm"] = _clean("customer_email", clean_email, values)
    if "customer_name" in values:
        values["customer_name"] = _clean("customer_name", clean_name, values)
    return OrderRow(**values)


def _clean(field: str, clean: Callable[[str], Cleaned], values: Mapping[str, Any]) -> Cleaned:
    try:
        return clean(values[field])
    except ValueRefused as refusal:
        raise ValueRefused(str(refusal), field=field) from refusal
