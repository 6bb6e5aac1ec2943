"""What the parts of a profile are called, for people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

FIELD_NAMES = {
    "name": _("Name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "birthday": _("Birthday"),
    "language": _("Language"),
    "zone": _("Time zone"),
    "address": _("Street and number"),
    "city": _("City"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
    "preferred_channel": _("Preferred channel"),
    "source_channel": _("Came through"),
    "joined_on": _("Customer since"),
    "external_ids": _("Customer number"),
}


def field_name(key: str) -> str:
    """Of an attribute (`attributes.favourite_bread`) the key that the workspace chose."""
    return str(FIELD_NAMES.get(key) or key.rpartition(".")[2].replace("_", " ").capitalize())
