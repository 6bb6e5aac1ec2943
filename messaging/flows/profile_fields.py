"""What a flow may write on a profile: plain fields, and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.profiles import apply_fields
from customers.models import Attribute, Customer
from customers.models.customers import Channel
from customers.refusals import Refused

FIELDS = {
    "language": gettext_lazy("Language"),
    "city": gettext_lazy("City"),
    "postal_code": gettext_lazy("Postal code"),
    "country": gettext_lazy("Country"),
    "preferred_channel": gettext_lazy("Reach them by"),
    "source_channel": gettext_lazy("Came through"),
}
PREFIX = "attribute."


def change_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of an upsert says. Raises Refused where the value is none for the field."""
    field, value = str(params["field"]), params.get("value")
    if field.startswith(PREFIX):
        return {"attributes": {field.removeprefix(PREFIX): value}}
    customer = Customer()
    apply_fields(customer, {field: value or ""})  # type: ignore[misc]  # one of FIELDS
    return {field: getattr(customer, field)}


def fault_of_change(params: Mapping[str, Any]) -> str:
    """Why this can't be written, as a sentence; blank if it can."""
    field = str(params.get("field", ""))
    if field.startswith(PREFIX):
        known = Attribute.objects.filter(key=field.removeprefix(PREFIX), archived_at=None).exists()
        return "" if known else _("There is no attribute “%(field)s”.") % {"field": field.removeprefix(PREFIX)}
    if field not in FIELDS:
        return _("A flow can't write “%(field)s”.") % {"field": field}
    if field == "preferred_channel" and params.get("value") not in Channel.values:
        return _("Choose one of: %(known)s.") % {"known": ", ".join(Channel.values)}
    try:
        change_of(params)
    except Refused as refused:
        return str(refused)
    return ""
