"""What the editor needs to know: which blocks there are, which fields they have, and what can be put into a text."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.rendering import variables_of
from messaging.rendering.blocks import COMPARISONS, CONDITION_FACTS, FIELDS, NAMES, Choice
from sales.models import Product

MOST_OFFERED = 300
_LONG = {"text": {"text"}, "columns": {"left", "right"}, "social": {"links"}, "html": {"html"}}
_LABELS: dict[str, str | Promise] = {
    "text": _("Text"), "level": _("Size"), "align": _("Placed"), "source": _("Address of the picture (https://…)"),
    "alt": _("What the picture shows"), "link": _("Leads to (https://…)"), "width": _("Width in percent"),
    "label": _("Label"), "list": _("Which products"), "most": _("At most"), "prices": _("Prices"),
    "left": _("Left"), "right": _("Right"), "links": _("One to a line: name and address"), "html": _("HTML"),
}  # fmt: skip
_CHOICES: dict[str, dict[Any, str | Promise]] = {
    "level": {1: _("Large"), 2: _("Medium"), 3: _("Small")},
    "align": {"left": _("Left"), "center": _("Centre")},
    "list": {
        "cart": _("Of the cart"),
        "viewed": _("Viewed"),
        "best": _("Sold most"),
        "picked": _("Your choice"),
    },
    "prices": {True: _("Shown"), False: _("Not shown")},
}
_HINTS: dict[tuple[str, str], str | Promise] = {
    ("text", "text"): _("**bold**, *italic*, [words](https://…); lines with - make a list."),
}  # fmt: skip


def catalogue() -> dict[str, Any]:
    """As the editor's script reads it."""
    return {
        "blocks": [{"type": kind, "name": str(NAMES[kind]), "fields": _fields(kind)} for kind in FIELDS],
        "facts": [{"key": key, "label": str(label)} for key, label in CONDITION_FACTS.items()],
        "comparisons": [{"key": key, "label": str(label)} for key, label in COMPARISONS.items()],
        "products": [
            {"id": pk, "name": name}
            for pk, name in Product.objects.offered().order_by("name", "pk").values_list("pk", "name")[:MOST_OFFERED]
        ],
    }


def merge_fields() -> list[dict[str, str]]:
    """What can be put into a text, each as one writes it."""
    return [
        {"name": variable.name, "meaning": str(variable.meaning)}
        for variable in variables_of("")
        if not variable.name.endswith("_url") and variable.name != "customer.tags"
    ]


def _fields(kind: str) -> list[dict[str, Any]]:
    fields = []
    for name, field in FIELDS[kind].items():
        shape: dict[str, Any] = {"key": name, "label": str(_LABELS[name]), "hint": str(_HINTS.get((kind, name), ""))}
        if isinstance(field, Choice):
            words = _CHOICES.get(name, {})
            values = sorted(field.values) if name == "most" else field.values
            shape["choices"] = [{"value": value, "label": str(words.get(value, value))} for value in values]
            shape["usual"] = field.values[0]
        shape["is_long"] = name in _LONG.get(kind, set())
        fields.append(shape)
    return fields
