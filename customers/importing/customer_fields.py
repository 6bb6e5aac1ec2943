"""The columns that a file of customers may have, the words that name them, and how their cells are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.public_ids import decode_id
from customers.contracts import ImportField, Shape
from customers.importing.countries import country_code
from customers.importing.formats import DayOrder, parse_day
from customers.importing.plans import ImportPlan
from customers.models.customers import Channel
from customers.normalising import (
    clean_email,
    clean_language,
    clean_line,
    clean_name,
    clean_phone,
    clean_zone,
    parse_birthday,
)
from customers.refusals import ValueRefused

FIELDS = (
    ImportField(
        "external_id",
        _("Customer number"),
        ("customer id", "id", "customer no", "kundennummer", "kunden nr", "numero client", "id cliente", "klantnummer"),
        hint=_("What your shop or till calls the customer. Orders are matched by it."),
    ),
    ImportField(
        "public_id", _("Rapport id"), ("rapport id", "public id"), hint=_("cus_…, as in a file exported from here.")
    ),
    ImportField(
        "name", _("Name"), ("full name", "customer", "customer name", "kunde", "nom complet", "nombre", "naam")
    ),
    ImportField(
        "first_name", _("First name"), ("given name", "vorname", "prenom", "nombre de pila", "voornaam", "nome")
    ),
    ImportField(
        "last_name", _("Last name"), ("surname", "family name", "nachname", "nom", "apellidos", "achternaam", "cognome")
    ),
    ImportField(
        "email", _("E-mail"), ("email", "mail", "email address", "e mail adresse", "courriel", "correo"), Shape.EMAIL
    ),
    ImportField(
        "phone", _("Phone"), ("phone number", "mobile", "telefon", "telefonnummer", "handy", "telephone", "telefono")
    ),
    ImportField(
        "birthday",
        _("Birthday"),
        (
            "birth date",
            "date of birth",
            "dob",
            "geburtstag",
            "geburtsdatum",
            "date de naissance",
            "fecha de nacimiento",
            "geboortedatum",
        ),
        Shape.DAY,
    ),
    ImportField(
        "joined_on",
        _("Customer since"),
        (
            "joined",
            "created",
            "created at",
            "signed up",
            "kunde seit",
            "registriert",
            "client depuis",
            "cliente desde",
            "first seen",
        ),
        Shape.DAY,
    ),
    ImportField(
        "address", _("Street"), ("street address", "address 1", "address line 1", "strasse", "adresse", "rue", "calle")
    ),
    ImportField(
        "postal_code", _("Postal code"), ("zip", "zip code", "postcode", "plz", "postleitzahl", "code postal", "cp")
    ),
    ImportField("city", _("City"), ("town", "ort", "stadt", "ville", "ciudad", "plaats", "citta")),
    ImportField("country", _("Country"), ("country code", "land", "pays", "pais", "paese")),
    ImportField("language", _("Language"), ("locale", "sprache", "langue", "idioma", "taal", "lingua")),
    ImportField("zone", _("Time zone"), ("timezone", "zeitzone", "fuseau horaire", "zona horaria")),
    ImportField(
        "preferred_channel", _("Preferred channel"), ("contact by", "kontaktweg"), hint=_("email, phone, post or none.")
    ),
    ImportField("source_channel", _("Came through"), ("source", "channel", "origin", "quelle", "herkunft", "canal")),
    ImportField(
        "tags",
        _("Tags"),
        ("tag", "labels", "groups", "schlagworte", "gruppen", "etiquettes"),
        hint=_("Several, by , or ;"),
    ),
)

Values = dict[str, Any]
Clean = Callable[[str, Values], None]
"""Reads one cell, which is not empty, into the values of a row. Raises ValueRefused."""

# Files say the same few things again and again.
_cached = lru_cache(maxsize=4096)


def cleaners(plan: ImportPlan, *, country: str, today: date) -> dict[str, Clean]:
    """`country` is where phone numbers are meant to be that name none."""
    found: dict[str, Clean] = {
        "external_id": _setter("external_id", lambda cell: clean_line(cell, field="external_id", longest=200)),
        "name": _setter("name", clean_name),
        "first_name": _setter("first_name", clean_name),
        "last_name": _setter("last_name", clean_name),
        "joined_on": _setter("joined_on", _cached(lambda cell: _joined_on(cell, plan.order, today))),
        "country": _setter("country", _cached(country_code)),
        "language": _setter("language", _cached(clean_language)),
        "zone": _setter("zone", _cached(clean_zone)),
        "preferred_channel": _setter("preferred_channel", _cached(_channel)),
        "public_id": _setter("customer_id", _customer_id),
        "tags": _setter("tags", _cached(_tags)),
        "email": _email,
        "phone": lambda cell, values: _phone(cell, values, country),
        "birthday": lambda cell, values: _birthday(cell, values, plan.order),
    }
    for name in ("address", "city", "postal_code", "source_channel"):
        found[name] = _setter(name, _line_cleaner(name))
    return found


def _setter(name: str, clean: Callable[[str], Any]) -> Clean:
    def read(cell: str, values: Values) -> None:
        values[name] = clean(cell)

    return read


def _line_cleaner(field: str) -> Callable[[str], str]:
    return _cached(lambda cell: clean_line(cell, field=field))


def _email(cell: str, values: Values) -> None:
    values["email"], values["email_norm"] = clean_email(cell)


def _phone(cell: str, values: Values, country: str) -> None:
    values["phone"], values["phone_norm"] = clean_phone(cell, country=values.get("country") or country)


def _birthday(cell: str, values: Values, order: DayOrder) -> None:
    birthday = parse_birthday(cell, day_first=order is DayOrder.DAY_FIRST)
    if birthday:
        values["birth_monthday"], values["birth_year"] = birthday.monthday, birthday.year


def _joined_on(cell: str, order: DayOrder, today: date) -> date:
    day = parse_day(cell, order=order, field="joined_on")
    if day > today:
        raise ValueRefused(gettext("A customer can't have joined in the future."), field="joined_on")
    return day


def _channel(cell: str) -> str:
    word = cell.casefold().replace("e-mail", "email")
    if word not in Channel.values:
        raise ValueRefused(
            gettext("Write one of: %(channels)s.") % {"channels": ", ".join(Channel.values)}, field="preferred_channel"
        )
    return word


def _customer_id(cell: str) -> int:
    pk = decode_id("cus", cell)
    if pk is None:
        raise ValueRefused(gettext("This is no id of Rapport: they look like cus_86Rf07xd."), field="public_id")
    return pk


def _tags(cell: str) -> tuple[str, ...]:
    words = (clean_line(word, field="tags", longest=60) for word in cell.replace(";", ",").split(","))
    return tuple(word for word in words if word)
