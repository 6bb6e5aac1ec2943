"""The typed rows behind `Customer.attributes`, and the definitions that a batch takes for granted."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.scope import current_workspace_id
from customers.models import Attribute, AttributeValue
from customers.models.attributes import AttributeKind
from customers.outcomes import Outcome, refused
from customers.staging import execute, insert_select, stage
from customers.upserting.rows import AttributeData, CustomerRow, longest, text_fault

_KEY = re.compile(r"[-a-zA-Z0-9_]{1,60}")
_TEXT_LIMIT = longest(AttributeValue, "text")
_SAYS = {
    AttributeKind.NUMBER: "a number",
    AttributeKind.DAY: "a date",
    AttributeKind.FLAG: "yes or no",
}


@dataclass(frozen=True, slots=True)
class Definition:
    id: int
    kind: str
    is_new: bool


def define_attributes(rows: Iterable[CustomerRow]) -> dict[str, Definition]:
    """The attributes that the rows speak of; one that is new is of the kind of its first value."""
    kinds: dict[str, AttributeKind | None] = {}
    for row in rows:
        for key, value in row.attributes.items():
            kinds[key] = kinds.get(key) or kind_of(value)
    if not kinds:
        return {}
    known = _definitions(kinds, known=kinds)
    new = {key: kind for key, kind in kinds.items() if kind and key not in known and _KEY.fullmatch(key)}
    if not new:
        return known
    Attribute.objects.bulk_create(
        [Attribute(key=key, label=label_of(key), kind=kind) for key, kind in new.items()], ignore_conflicts=True
    )
    return _definitions(kinds, known=known)


def undefine_attributes(definitions: Mapping[str, Definition], *, taken: Iterable[CustomerRow]) -> None:
    """What only refused rows spoke of was not defined after all."""
    new = {key: definition.id for key, definition in definitions.items() if definition.is_new}
    if new:
        used = {key for row in taken for key in row.attributes}
        Attribute.objects.filter(pk__in=[pk for key, pk in new.items() if key not in used]).delete()


def _definitions(keys: Iterable[str], *, known: Container[str]) -> dict[str, Definition]:
    found = Attribute.objects.filter(key__in=list(keys)).values_list("key", "pk", "kind")
    return {key: Definition(pk, kind, key not in known) for key, pk, kind in found}


def kind_of(value: AttributeData) -> AttributeKind | None:
    if isinstance(value, bool):
        return AttributeKind.FLAG
    if isinstance(value, int | float):
        return AttributeKind.NUMBER
    if isinstance(value, date):
        return AttributeKind.DAY
    return None if value is None else AttributeKind.TEXT


def label_of(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").strip().capitalize() or key


def attribute_faults(rows: Iterable[CustomerRow], definitions: Mapping[str, Definition]) -> dict[int, Outcome]:
    """What is wrong with the attributes of rows, by position."""
    faults = ((at, _attribute_fault(row, definitions)) for at, row in enumerate(rows) if row.attributes)
    return {at: fault for at, fault in faults if fault}


def _attribute_fault(row: CustomerRow, definitions: Mapping[str, Definition]) -> Outcome | None:
    for key, value in row.attributes.items():
        field = f"attributes.{key}"
        if value is None:
            continue
        if key not in definitions:
            return refused(field, "The name of an attribute has letters, digits, - and _, at most 60 of them.")
        kind = AttributeKind(definitions[key].kind)
        if kind is AttributeKind.TEXT:
            if fault := text_fault(field, str(plain(value, kind)), _TEXT_LIMIT):
                return fault
        elif kind_of(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
            return refused(field, f"This attribute is {_SAYS[kind]}.")
    return None


def plain(value: AttributeData, kind: str) -> AttributeData:
    """As it stands in `Customer.attributes`: days as ISO text, and everything as text in a text attribute."""
    if isinstance(value, date):
        return value.isoformat()
    if kind == AttributeKind.TEXT and value is not None:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def write_attribute_values(values: Sequence[tuple[int, Definition, AttributeData]]) -> None:
    """Bring the typed rows of (customer id, definition, value) in line; None removes one."""
    stage(
        "staged_attribute_values",
        "customer_id bigint, attribute_id bigint, text text, number float8, day date, flag boolean, is_gone boolean",
        [(customer_id, definition.id, *_typed(value, definition)) for customer_id, definition, value in values],
    )
    if any(value is None for _, _, value in values):
        execute(
            "delete from customers_attributevalue v using staged_attribute_values s where s.is_gone"
            " and v.workspace_id = %s and v.customer_id = s.customer_id and v.attribute_id = s.attribute_id",
            [current_workspace_id()],
        )
    insert_select(
        AttributeValue,
        {name: f"s.{name}" for name in ("customer_id", "attribute_id", "text", "number", "day", "flag")},
        """staged_attribute_values s where not s.is_gone order by s.customer_id, s.attribute_id
           on conflict (workspace_id, customer_id, attribute_id) do update
           set (text, number, day, flag) = (excluded.text, excluded.number, excluded.day, excluded.flag)
           where (customers_attributevalue.text, customers_attributevalue.number,
                  customers_attributevalue.day, customers_attributevalue.flag)
               is distinct from (excluded.text, excluded.number, excluded.day, excluded.flag)""",
    )


def _typed(value: AttributeData, definition: Definition) -> tuple[object, ...]:
    text = plain(value, definition.kind) if definition.kind == AttributeKind.TEXT else ""
    number = value if definition.kind == AttributeKind.NUMBER else None
    day = value if definition.kind == AttributeKind.DAY else None
    flag = value if definition.kind == AttributeKind.FLAG else None
    return text or "", number, day, flag, value is None
