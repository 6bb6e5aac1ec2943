from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_skeleton
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from accounts.languages import reader_locale
from accounts.scope import current_workspace_id
from customers.models import Attribute, Customer, Note, Tag
from customers.models.attributes import AttributeKind
from customers.queries.listing import MOST_COUNTED

SHOWN_NOTES = 10


def tags_of(customer: Customer) -> list[Tag]:
    return list(Tag.objects.filter(customer_tags__customer=customer).order_by("name"))


def newest_notes(customer: Customer) -> list[Note]:
    notes = Note.objects.filter(customer=customer, archived_at=None).select_related("author")
    return list(notes.order_by("-written_at", "-pk")[:SHOWN_NOTES])


def who_they_are(customer: Customer) -> list[tuple[Any, Any]]:
    """What is known, as pairs of term and value, the empty ones left out but for the ways to reach them."""
    always = [(_("E-mail"), customer.email), (_("Phone"), customer.phone), (_("Birthday"), birthday_words(customer))]
    place = " ".join(part for part in (customer.postal_code, customer.city) if part)
    others = [
        (_("Address"), ", ".join(part for part in (customer.address, place, country_name(customer.country)) if part)),
        (_("Reach them by"), customer.get_preferred_channel_display()),
        (_("Language"), language_name(customer.language)),
        (_("Time zone"), customer.zone.replace("_", " ")),
        (_("Came through"), customer.source_channel),
        *attribute_values(customer),
        *(
            (_("Number in %s") % external.source, external.value)
            for external in customer.external_ids.order_by("source", "value")
        ),
    ]
    return [*always, *((term, value) for term, value in others if value not in {"", None})]


def birthday_words(customer: Customer) -> str:
    if customer.birthday is None:
        return ""
    month, day = customer.birthday
    words = format_skeleton("MMMMd", date(2000, month, day), locale=reader_locale())
    return f"{words}, {customer.birth_year}" if customer.birth_year else words


def language_name(code: str) -> str:
    return str(reader_locale().languages.get(code.partition("-")[0], code)) if code else ""


def country_name(code: str) -> str:
    return str(reader_locale().territories.get(code, code)) if code else ""


def attribute_values(customer: Customer) -> list[tuple[str, object]]:
    """Label and value of every attribute in use that the customer has."""
    if not customer.attributes:
        return []
    attributes = Attribute.objects.filter(archived_at=None, key__in=list(customer.attributes)).order_by("label", "pk")
    return [(attribute.label, _written(attribute, customer.attributes[attribute.key])) for attribute in attributes]


def _written(attribute: Attribute, value: object) -> object:
    return (_("Yes") if value else _("No")) if attribute.kind == AttributeKind.FLAG else value


def attributes_with_uses() -> list[Attribute]:
    """Those in use first, each annotated with `uses`: how many have a value, counted to one more than MOST_COUNTED."""
    uses = RawSQL(  # no expression counts a slice
        """(select count(*) from (
             select from customers_attributevalue use
             where use.workspace_id = %s and use.attribute_id = customers_attribute.id limit %s) as uses)""",
        [current_workspace_id(), MOST_COUNTED + 1],
    )
    attributes = Attribute.objects.annotate(uses=uses)
    return list(attributes.order_by(F("archived_at").asc(nulls_first=True), "label", "pk"))
