"""From the fields of the API to the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.rest.errors import ApiError
from customers.actions.profiles import add_customer, add_external_id, edit_customer
from customers.actions.upsert import CustomerRow, upsert_customers
from customers.models import Customer
from customers.normalising import (
    clean_country,
    clean_email,
    clean_language,
    clean_line,
    clean_name,
    clean_phone,
    clean_zone,
    parse_birthday,
)
from customers.outcomes import Status

SOURCE = "api"
_BESIDE = ("attributes", "customer_tags", "external_ids")


@transaction.atomic
def create_customer(data: Mapping[str, Any]) -> Customer:
    """Raises what `add_customer` raises, and ApiError."""
    ids = [(each["source"], each["value"]) for each in data.get("external_ids", [])]
    if len({source for source, _ in ids}) < len(ids):
        raise ApiError("invalid_value", "Give one id for each source.", param="external_ids")
    customer = add_customer(source=SOURCE, external_ids=dict(ids), **_profile(data))
    _add_beside(customer, data)
    return customer


@transaction.atomic
def change_customer(customer: Customer, data: Mapping[str, Any]) -> None:
    customer = edit_customer(customer, **_profile(data))
    for each in data.get("external_ids", []):
        add_external_id(customer, source=each["source"], value=each["value"])
    _add_beside(customer, data)


def _profile(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _BESIDE}


def _add_beside(customer: Customer, data: Mapping[str, Any]) -> None:
    """Attributes and tags have one way in for one customer and for thousands."""
    attributes, tags = data.get("attributes"), data.get("customer_tags")
    if not attributes and not tags:
        return
    row = CustomerRow(customer_id=customer.pk, attributes=attributes or {}, tags=tags or ())
    (outcome,) = upsert_customers([row], source=SOURCE)
    if outcome.status is Status.REFUSED:
        raise ApiError("invalid_value", outcome.reason, param=outcome.field)


def customer_row(item: Mapping[str, Any], *, country: str) -> CustomerRow:
    """An item of a batch, cleaned. `country` is where a number without a country code is. Raises ValueRefused."""
    cleaned: dict[str, Any] = {name: _CLEAN[name](value) for name, value in item.items() if name in _CLEAN}
    cleaned |= {name: clean_line(value, field=name) for name, value in item.items() if name in _LINES}
    if "email" in item:
        cleaned["email"], cleaned["email_norm"] = clean_email(item["email"])
    if "phone" in item:
        cleaned["phone"], cleaned["phone_norm"] = clean_phone(item["phone"], country=cleaned.get("country") or country)
    if "birthday" in item:
        birthday = parse_birthday(item["birthday"] or "")
        cleaned["birth_monthday"] = birthday.monthday if birthday else 0
        cleaned["birth_year"] = birthday.year if birthday else None
    return CustomerRow(
        customer_id=item.get("id"),
        external_id=item.get("external_id", ""),
        attributes=item.get("attributes", {}),
        tags=item.get("customer_tags", ()),
        joined_on=item.get("joined_on"),
        preferred_channel=item.get("preferred_channel"),
        **cleaned,
    )


_CLEAN = {"name": clean_name, "country": clean_country, "language": clean_language, "zone": clean_zone}
_LINES = frozenset({"address", "city", "postal_code", "source_channel"})
