"""What `identify` says of somebody, after the names that Segment reserves; anything else is an attribute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.rest.fields import parse_instant
from accounts.scope import current_workspace
from customers.actions.upsert import CustomerRow
from customers.normalising import (
    clean_country,
    clean_email,
    clean_language,
    clean_line,
    clean_name,
    clean_phone,
    clean_zone,
    country_of_zone,
    parse_birthday,
)
from customers.refusals import ValueRefused

_OTHER = re.compile(r"[^-a-zA-Z0-9_]+")
_KEY_LENGTH = 60
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# Reserved by Segment, and of no use here.
_PASSED_OVER = frozenset({"id", "avatar", "company"})
_TEXTS = {
    "language": ("language", clean_language),
    "locale": ("language", clean_language),
    "timezone": ("zone", clean_zone),
}
_ADDRESS = {"street": "address", "city": "city", "postalCode": "postal_code"}


def row_of_traits(traits: Mapping[str, Any]) -> CustomerRow:
    """Raises ValueRefused naming the trait. Objects and lists, but for `address`, are passed over."""
    rest = {name: value for name, value in traits.items() if name not in _PASSED_OVER}
    fields: dict[str, Any] = {}
    _take_name(rest, fields)
    _take_address(rest.pop("address", None), fields)
    _take_contact(rest, fields)
    for name, (field, clean) in _TEXTS.items():
        if name in rest:
            fields[field] = clean(_text(rest.pop(name), name))
    if "birthday" in rest:
        birthday = parse_birthday(_text(rest.pop("birthday"), "birthday"))
        fields["birth_monthday"] = birthday.monthday if birthday else 0
        fields["birth_year"] = birthday.year if birthday else None
    if created_at := rest.pop("createdAt", None):
        fields["joined_on"] = _day_of(created_at)
    attributes = {_attribute_key(name): _value(value) for name, value in rest.items() if _is_plain(value)}
    return CustomerRow(attributes=attributes, **fields)


def _take_name(rest: dict[str, Any], fields: dict[str, Any]) -> None:
    first, last = rest.pop("firstName", None), rest.pop("lastName", None)
    if "name" in rest:
        fields["name"] = clean_name(_text(rest.pop("name"), "name"))
    elif first or last:
        fields["name"] = clean_name(f"{_text(first, 'firstName')} {_text(last, 'lastName')}")


def _take_address(address: Any, fields: dict[str, Any]) -> None:
    if isinstance(address, str):
        fields["address"] = clean_line(address, field="address")
    if not isinstance(address, dict):
        return
    for name, field in _ADDRESS.items():
        if name in address:
            fields[field] = clean_line(_text(address[name], f"address.{name}"), field=field)
    country = _text(address.get("country"), "address.country")
    if len(country) == 2:  # noqa: PLR2004  a code; what a country is called is said in many ways, and is not kept
        fields["country"] = clean_country(country)


def _take_contact(rest: dict[str, Any], fields: dict[str, Any]) -> None:
    if "email" in rest:
        fields["email"], fields["email_norm"] = clean_email(_text(rest.pop("email"), "email"))
    if "phone" in rest:
        country = fields.get("country") or country_of_zone(current_workspace().zone)
        fields["phone"], fields["phone_norm"] = clean_phone(_text(rest.pop("phone"), "phone"), country=country)


def _text(value: Any, name: str) -> str:
    """A number may stand where a text is meant; null blanks."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueRefused(_("Write a text."), field=name)
    return str(value)


def _day_of(value: Any) -> date:
    instant = parse_instant(value)
    if instant is not None:
        return instant.astimezone(current_workspace().tzinfo).date()
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueRefused(_("Write an instant as ISO 8601 with its offset."), field="createdAt") from None


def _attribute_key(name: str) -> str:
    return _OTHER.sub("_", name).strip("_")[:_KEY_LENGTH] or "_"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _value(value: Any) -> Any:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return float(value)
    return value
