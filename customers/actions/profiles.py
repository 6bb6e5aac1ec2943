"""Adding and changing one customer. Files of them come in through the importers, which normalise by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scope import current_workspace
from customers.actions.attributes import AttributeData, apply_attributes, write_values
from customers.events import CustomerChanged, CustomerJoined
from customers.models import Customer, ExternalId, Facts
from customers.models.customers import Channel
from customers.normalising import (
    Birthday,
    checked_birthday,
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
from customers.refusals import CustomerGone, EmailTaken, ExternalIdTaken, ValueRefused
from timeline.recording import record


class CustomerFields(TypedDict, total=False):
    """What can be said about a customer. `birthday` None, and an empty text, take the value away."""

    name: str
    email: str
    phone: str
    language: str
    zone: str
    birthday: Birthday | str | None
    joined_on: date
    address: str
    city: str
    postal_code: str
    country: str
    preferred_channel: str
    source_channel: str
    attributes: Mapping[str, AttributeData]


@transaction.atomic
def add_customer(
    *,
    source: str,
    external_ids: Mapping[str, str] | None = None,
    is_anonymous: bool = False,
    **fields: Unpack[CustomerFields],
) -> Customer:
    """Add a customer, or an anonymous visitor. `source` says through which door: hand, import, api, join page.

    `external_ids` maps another system to its id. Raises EmailTaken and ExternalIdTaken with the customer who has it,
    ValueRefused with the field that is wrong.
    """
    customer = Customer(joined_on=timezone.localdate(timezone=current_workspace().tzinfo))
    apply_fields(customer, fields)
    customer.is_anonymous = is_anonymous and not _says_who(customer)
    if not customer.is_anonymous and not _says_who(customer) and not external_ids:
        raise ValueRefused(_("Give a name, an e-mail address or a phone number."), field="name")
    given = apply_attributes(customer, fields.get("attributes", {}))
    save_customer(customer)
    Facts.objects.create(customer=customer)
    write_values(customer, given)
    for system, value in (external_ids or {}).items():
        add_external_id(customer, source=system, value=value)
    record(CustomerJoined(customer_id=customer.pk, source=source, occurred_at=_joined_at(customer)))
    return customer


@transaction.atomic
def edit_customer(customer: Customer, **changes: Unpack[CustomerFields]) -> Customer:
    """Change what is given and nothing else. Giving what is there already changes, and records, nothing.

    Raises EmailTaken, ValueRefused, and CustomerGone for somebody merged or erased.
    """
    customer = locked(customer)
    changed = apply_fields(customer, changes)
    if customer.is_anonymous and _says_who(customer):
        customer.is_anonymous = False
        changed.append("is_anonymous")
    if not customer.is_anonymous and not _says_who(customer) and not customer.external_ids.exists():
        raise ValueRefused(_("Keep a name, an e-mail address or a phone number."), field="name")
    given = apply_attributes(customer, changes.get("attributes", {}))
    changed += [f"attributes.{attribute.key}" for attribute in given]
    if changed:
        customer.updated_at = timezone.now()
        save_customer(customer)
        write_values(customer, given)
        record(CustomerChanged(customer_id=customer.pk, changed=changed))
    return customer


@transaction.atomic
def add_external_id(customer: Customer, *, source: str, value: str) -> ExternalId:
    """Remember what another system calls the customer. Raises ExternalIdTaken if it means somebody else by it."""
    source = clean_line(source, field="external_ids", longest=60)
    value = clean_line(value, field="external_ids", longest=200)
    if not source or not value:
        raise ValueRefused(_("Give the other system's name and its id for the customer."), field="external_ids")
    external_id, _is_new = ExternalId.objects.get_or_create(source=source, value=value, defaults={"customer": customer})
    if external_id.customer_id != customer.pk:
        raise ExternalIdTaken(external_id.customer, source=source, value=value)
    return external_id


def locked(customer: Customer) -> Customer:
    """The customer as the database has it now, locked until the transaction ends. Raises CustomerGone."""
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if customer.merged_into_id or customer.erased_at:
        raise CustomerGone(customer)
    return customer


def save_customer(customer: Customer) -> None:
    """Save, and say who has the e-mail address if somebody else does."""
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        if "one_customer_per_email" not in str(error):
            raise
        holder = Customer.objects.get(email_norm=customer.email_norm, merged_into=None, erased_at=None)
        raise EmailTaken(holder) from error


def apply_fields(customer: Customer, fields: CustomerFields) -> list[str]:
    """Set the cleaned values on the row, unsaved. Returns the names of the fields that differ from before."""
    before = _field_values(customer)
    if unknown := fields.keys() - _APPLY.keys() - {"attributes"}:
        raise TypeError(f"A customer has no field {', '.join(sorted(unknown))}.")
    values: Mapping[str, Any] = fields
    for name, apply in _APPLY.items():
        if name in values:
            apply(customer, values[name])
    after = _field_values(customer)
    return [name for name in after if after[name] != before[name]]


def _field_values(customer: Customer) -> dict[str, Any]:
    values = {name: getattr(customer, name) for name in _APPLY if name != "birthday"}
    return {**values, "birthday": (customer.birth_monthday, customer.birth_year)}


def _apply_email(customer: Customer, value: str) -> None:
    customer.email, customer.email_norm = clean_email(value)


def _apply_phone(customer: Customer, value: str) -> None:
    country = customer.country or country_of_zone(current_workspace().zone)
    customer.phone, customer.phone_norm = clean_phone(value, country=country)


def _apply_birthday(customer: Customer, value: Birthday | str | None) -> None:
    if isinstance(value, str):
        value = parse_birthday(value)
    if value is not None:
        value = checked_birthday(month=value.month, day=value.day, year=value.year)
    customer.birth_monthday = value.monthday if value else None
    customer.birth_year = value.year if value else None


def _apply_joined_on(customer: Customer, value: date) -> None:
    if value > timezone.localdate(timezone=current_workspace().tzinfo):
        raise ValueRefused(_("A customer can't have joined in the future."), field="joined_on")
    customer.joined_on = value


def _apply_preferred_channel(customer: Customer, value: str) -> None:
    if value not in Channel.values:
        raise ValueRefused(
            _("Choose one of: %(channels)s.") % {"channels": ", ".join(Channel.values)}, field="preferred_channel"
        )
    customer.preferred_channel = value


def _setter(name: str, clean: Callable[[str], str]) -> Callable[[Customer, Any], None]:
    return lambda customer, value: setattr(customer, name, clean(value))


def _line_setter(name: str) -> Callable[[Customer, Any], None]:
    return _setter(name, lambda value: clean_line(value, field=name))


# The country stands before the phone: it says where a number without a country code is.
_APPLY: dict[str, Callable[[Customer, Any], None]] = {
    "country": _setter("country", clean_country),
    "name": _setter("name", clean_name),
    "email": _apply_email,
    "phone": _apply_phone,
    "language": _setter("language", clean_language),
    "zone": _setter("zone", clean_zone),
    "birthday": _apply_birthday,
    "joined_on": _apply_joined_on,
    "address": _line_setter("address"),
    "city": _line_setter("city"),
    "postal_code": _line_setter("postal_code"),
    "preferred_channel": _apply_preferred_channel,
    "source_channel": _line_setter("source_channel"),
}


def _says_who(customer: Customer) -> bool:
    return bool(customer.name or customer.email_norm or customer.phone_norm)


def _joined_at(customer: Customer) -> datetime | None:
    """Now for today; for an earlier day its beginning, before whatever was bought on it."""
    zone = current_workspace().tzinfo
    if customer.joined_on == timezone.localdate(timezone=zone):
        return None
    return datetime.combine(customer.joined_on, time.min, tzinfo=zone)
