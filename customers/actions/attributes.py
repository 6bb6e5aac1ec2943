"""What a business wants to know of its customers: the definitions, and one customer's values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from customers.events import AttributeArchived, AttributeDefined, AttributeRenamed, AttributeRestored
from customers.models import Attribute, AttributeValue, Customer
from customers.models.attributes import AttributeKind
from customers.normalising import clean_line
from customers.refusals import LabelTaken, ValueRefused
from timeline.recording import record

AttributeData = str | float | bool | date | None
LONGEST_TEXT = 500


@transaction.atomic
def define_attribute(*, label: str, kind: str) -> Attribute:
    """Raises ValueRefused, and LabelTaken also for the name of an archived attribute."""
    label = _free_label(label)
    if kind not in AttributeKind.values:
        raise ValueRefused(_("Choose one of the four kinds."), field="kind")
    attribute = Attribute.objects.create(key=_free_key(label), label=label, kind=kind)
    record(AttributeDefined(customer_id=None, attribute_id=attribute.pk))
    return attribute


@transaction.atomic
def rename_attribute(attribute: Attribute, *, label: str) -> Attribute:
    """The key stays, so that files and programs go on working."""
    attribute = Attribute.objects.select_for_update().get(pk=attribute.pk)
    if label != attribute.label:
        attribute.label = _free_label(label, but=attribute)
        attribute.save(update_fields=["label"])
        record(AttributeRenamed(customer_id=None, attribute_id=attribute.pk))
    return attribute


@transaction.atomic
def archive_attribute(attribute: Attribute) -> Attribute:
    """Take it off the pages. The customers' values are kept."""
    attribute = Attribute.objects.select_for_update().get(pk=attribute.pk)
    if attribute.archived_at is None:
        attribute.archived_at = timezone.now()
        attribute.save(update_fields=["archived_at"])
        record(AttributeArchived(customer_id=None, attribute_id=attribute.pk))
    return attribute


@transaction.atomic
def restore_attribute(attribute: Attribute) -> Attribute:
    attribute = Attribute.objects.select_for_update().get(pk=attribute.pk)
    if attribute.archived_at is not None:
        attribute.archived_at = None
        attribute.save(update_fields=["archived_at"])
        record(AttributeRestored(customer_id=None, attribute_id=attribute.pk))
    return attribute


def apply_attributes(customer: Customer, values: Mapping[str, AttributeData]) -> dict[Attribute, AttributeData]:
    """Set the values on the row, unsaved; None, or an empty text, takes one away. Returns those that are new.

    Raises ValueRefused for an unknown key, and for a value of another kind than the attribute's.
    """
    if not values:
        return {}
    known = {attribute.key: attribute for attribute in Attribute.objects.filter(key__in=list(values))}
    before, changed = customer.attributes, {}
    for key, value in values.items():
        if key not in known:
            raise ValueRefused(_("There is no such attribute."), field=f"attributes.{key}")
        cleaned = _of_kind(value, known[key])
        if _plain(cleaned) != before.get(key):
            changed[known[key]] = cleaned
    after = {**before, **{attribute.key: _plain(value) for attribute, value in changed.items()}}
    customer.attributes = {key: value for key, value in after.items() if value is not None}
    return changed


def write_values(customer: Customer, values: Mapping[Attribute, AttributeData]) -> None:
    """Bring the typed rows in line with what `apply_attributes` set."""
    for attribute, value in values.items():
        if value is None:
            AttributeValue.objects.filter(customer=customer, attribute=attribute).delete()
        else:
            AttributeValue.objects.update_or_create(
                customer=customer, attribute=attribute, defaults={attribute.kind: value}
            )


def _of_kind(value: AttributeData, attribute: Attribute) -> AttributeData:
    """None for nothing."""
    field = f"attributes.{attribute.key}"
    if value is None or value == "":
        return None
    if attribute.kind == AttributeKind.TEXT and isinstance(value, str):
        return clean_line(value, field=field, longest=LONGEST_TEXT) or None
    if attribute.kind == AttributeKind.FLAG and isinstance(value, bool):
        return value
    if attribute.kind == AttributeKind.DAY and isinstance(value, date):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if attribute.kind == AttributeKind.NUMBER and is_number:
        return value
    raise ValueRefused(
        _("%(attribute)s takes another kind of value: %(kind)s.")
        % {"attribute": attribute.label, "kind": AttributeKind(attribute.kind).label},
        field=field,
    )


def _plain(value: AttributeData) -> Any:
    """As it stands in `Customer.attributes`."""
    return value.isoformat() if isinstance(value, date) else value


def _free_label(label: str, *, but: Attribute | None = None) -> str:
    label = clean_line(label, field="label", longest=120)
    if not label:
        raise ValueRefused(_("Give it a name."), field="label")
    same = Attribute.objects.filter(label__iexact=label)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise LabelTaken(label)
    return label


def _free_key(label: str) -> str:
    wanted = slugify(label).replace("-", "_")[:50] or "attribute"
    taken = set(Attribute.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    candidates = [wanted, *(f"{wanted}_{number}" for number in range(2, len(taken) + 2))]
    return next(key for key in candidates if key not in taken)
