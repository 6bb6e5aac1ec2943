"""A customer as a batch brings one: values are clean already, `None` leaves a field as it is, "" blanks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from operator import attrgetter

import msgspec
from django.db import models
from django.utils.translation import gettext as _

from customers.models import Customer, ExternalId, Tag
from customers.models.customers import Channel
from customers.normalising import HALF_CHARACTER
from customers.outcomes import Outcome, refused


def longest(model: type[models.Model], name: str) -> int:
    """How many characters a text column holds."""
    field = model._meta.get_field(name)
    return (isinstance(field, models.CharField) and field.max_length) or 0


AttributeData = str | float | date | bool | None


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One customer, known by `customer_id`, else by `external_id`, else by `email_norm`; or new.

    Set `email` and `email_norm`, `phone` and `phone_norm` together. `birth_monthday` is month x 100 + day; 0 takes the
    whole birthday away. An attribute that does not exist yet is made; one that is None loses its value. Tags are only
    added.
    """

    customer_id: int | None = None
    external_id: str = ""
    name: str | None = None
    email: str | None = None
    email_norm: str | None = None
    phone: str | None = None
    phone_norm: str | None = None
    language: str | None = None
    zone: str | None = None
    birth_monthday: int | None = None
    birth_year: int | None = None
    joined_on: date | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    preferred_channel: str | None = None
    source_channel: str | None = None
    attributes: Mapping[str, AttributeData] = {}
    tags: Sequence[str] = ()
    is_anonymous: bool = False


TEXTS = (
    "name",
    "email",
    "email_norm",
    "phone",
    "phone_norm",
    "language",
    "zone",
    "address",
    "city",
    "postal_code",
    "country",
    "preferred_channel",
    "source_channel",
)
NUMBERS = ("birth_monthday", "birth_year")
DAYS = ("joined_on",)
FIELDS = (*TEXTS, *NUMBERS, *DAYS)
"""What is staged and compared, in this order."""

field_values = attrgetter(*FIELDS)
_text_values = attrgetter(*TEXTS, "external_id")
_TAG_LIMIT = longest(Tag, "name")
_LIMITS = (*((name, longest(Customer, name)) for name in TEXTS), ("external_id", longest(ExternalId, "value")))
_CHANNELS = frozenset(Channel.values)
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def fault_of(row: CustomerRow, *, today: date) -> Outcome | None:
    """Why Postgres would refuse this row, and its whole batch with it; None for a row that it takes."""
    texts = _text_values(row)
    are_storable = is_storable("".join(filter(None, texts)))
    for text, (name, limit) in zip(texts, _LIMITS, strict=True):
        if text and (len(text) > limit or not are_storable) and (fault := text_fault(name, text, limit)):
            return fault
    for tag in row.tags:
        if not tag:
            return refused("tags", _("A tag needs a name."))
        if fault := text_fault("tags", tag, _TAG_LIMIT):
            return fault
    if row.preferred_channel and row.preferred_channel not in _CHANNELS:
        return refused(
            "preferred_channel", _("The channel is one of: %(channels)s.") % {"channels": ", ".join(sorted(_CHANNELS))}
        )
    return _day_fault(row, today)


def _day_fault(row: CustomerRow, today: date) -> Outcome | None:
    if row.birth_monthday and not is_birthday(row.birth_monthday):
        return refused("birth_monthday", _("There is no such day in the calendar."))
    if row.birth_year is not None and not 0 <= row.birth_year <= 9999:  # noqa: PLR2004  years have four digits
        return refused("birth_year", _("There is no such year."))
    if row.joined_on is not None and row.joined_on > today:
        return refused("joined_on", _("A customer can't have joined in the future."))
    return None


def says_who(row: CustomerRow) -> bool:
    return bool(row.name or row.email_norm or row.phone_norm)


def text_fault(field: str, text: str, limit: int) -> Outcome | None:
    if len(text) > limit:
        return refused(field, _("This is longer than %(limit)s characters.") % {"limit": limit})
    if not is_storable(text):
        return refused(field, _("This contains a character that cannot be stored (NUL, or half of a pair)."))
    return None


def is_storable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not HALF_CHARACTER.search(text))


def is_birthday(monthday: int) -> bool:
    month, day = divmod(monthday, 100)
    return 1 <= month <= len(_DAYS_OF_MONTH) and 1 <= day <= _DAYS_OF_MONTH[month - 1]
