"""Questions about what hangs on a customer by a row of its own: attributes, tags, other segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db.models import BooleanField, DateField, F, Field, FloatField, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.public_ids import decode_id, encode_id
from customers.models import Attribute, AttributeValue
from customers.models.attributes import AttributeKind
from customers.segments.comparing import OPERATORS, Comparing, Kind, Operator, ValueWanted
from customers.segments.definitions import Condition
from customers.segments.fields import (
    Comparison,
    ConditionRefused,
    FieldFamily,
    Frame,
    Question,
    SegmentField,
    value_of,
)

_KINDS: Mapping[str, Kind] = {
    AttributeKind.TEXT: Kind.TEXT,
    AttributeKind.NUMBER: Kind.NUMBER,
    AttributeKind.DAY: Kind.DAY,
    AttributeKind.FLAG: Kind.FLAG,
}
_RAW_TYPES: Mapping[str, Field[Any, Any]] = {
    AttributeKind.NUMBER: FloatField(),
    AttributeKind.DAY: DateField(),
    AttributeKind.FLAG: BooleanField(),
}


@dataclass(frozen=True)
class AttributeQuestion(Question):
    """Asks the typed rows, which have their indexes; raw, the JSON that pages read."""

    attribute: Attribute
    comparison: Comparison
    # Who has no value has no row, either.
    is_unknown: bool

    def ask(self, frame: Frame) -> Q:
        if frame.is_raw:
            return self.comparison.ask(frame)
        values = frame.of_these(AttributeValue.objects.filter(attribute=self.attribute))
        if self.is_unknown:
            return ~frame.among(values.values("customer"))
        return frame.among(values.filter(self.comparison.ask(frame)).values("customer"))

    def is_certain(self, frame: Frame) -> bool:
        return not frame.is_raw

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        turned = self.comparison.flips(frame, since=since)
        if turned is None:
            return None
        values = frame.of_these(AttributeValue.objects.filter(attribute=self.attribute))
        return frame.among(values.filter(turned).values("customer"))


@dataclass(frozen=True)
class AttributeField(SegmentField):
    attribute: Attribute
    group: str | Promise
    listens: frozenset[str]

    @property
    def key(self) -> str:  # type: ignore[override]  # what it is for the others as well
        return f"attribute.{self.attribute.key}"

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.attribute.label

    @property
    def operators(self) -> Mapping[str, Comparing]:
        return OPERATORS[_KINDS[self.attribute.kind]]

    def question(self, condition: Condition) -> Question:
        value = value_of(condition, self)
        comparison = Comparison(self._operand, self.operators[condition.operator], value)
        return AttributeQuestion(self.attribute, comparison, condition.operator == "is_unknown")

    def _operand(self, frame: Frame) -> Any:
        if not frame.is_raw:
            return F(self.attribute.kind)
        written = KT(f"attributes__{self.attribute.key}")
        if self.attribute.kind == AttributeKind.TEXT:
            return Coalesce(written, Value(""), output_field=TextField())
        return Cast(written, _RAW_TYPES[self.attribute.kind])


@dataclass(frozen=True)
class AttributeFamily(FieldFamily):
    """One field for each attribute that is in use."""

    group: str | Promise
    listens: frozenset[str]
    prefix: ClassVar[str] = "attribute"

    def members(self) -> Iterable[SegmentField]:
        return [AttributeField(each, self.group, self.listens) for each in self._in_use().order_by("label", "pk")]

    def find(self, name: str) -> SegmentField | None:
        found = self._in_use().filter(key=name).first()
        return AttributeField(found, self.group, self.listens) if found else None

    def listens_for(self, name: str) -> frozenset[str]:
        return self.listens

    def _in_use(self) -> QuerySet[Attribute]:
        return Attribute.objects.filter(archived_at=None)


@dataclass(frozen=True)
class LinkQuestion(Question):
    """Whether somebody is among `rows`, which hang on any of the things that were named."""

    rows: Callable[[], QuerySet[Any]]
    is_among: bool

    def ask(self, frame: Frame) -> Q:
        among = frame.among(frame.of_these(self.rows()).values("customer"))
        return among if self.is_among else ~among

    def is_certain(self, frame: Frame) -> bool:
        return True


@dataclass(frozen=True)
class LinkField(SegmentField):
    """Things of the workspace's, named by public ids, that a customer has or has not. `rows` finds those of some."""

    key: str
    label: str | Promise
    group: str | Promise
    prefix: str
    things: Callable[[], QuerySet[Any]]
    rows: Callable[[Sequence[int]], QuerySet[Any]]
    listens: frozenset[str]

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {
            "any_of": Operator(gettext_lazy("is any of"), ValueWanted.CHOICES),
            "none_of": Operator(gettext_lazy("is none of"), ValueWanted.CHOICES),
        }

    def question(self, condition: Condition) -> Question:
        ids = ids_of(value_of(condition, self), prefix=self.prefix, things=self.things())
        return LinkQuestion(lambda: self.rows(ids), condition.operator == "any_of")

    def choices(self) -> list[tuple[str, str]]:
        return [(encode_id(self.prefix, thing.pk), str(thing)) for thing in self.things()]


def ids_of(names: Sequence[str], *, prefix: str, things: QuerySet[Any, Any], part: str = "value") -> list[int]:
    """The rows that public ids name. Raises ConditionRefused for one that is not there, or not any more."""
    wanted = {name: decode_id(prefix, name) for name in names}
    there = set(things.filter(pk__in=[pk for pk in wanted.values() if pk is not None]).values_list("pk", flat=True))
    for name, pk in wanted.items():
        if pk not in there:
            raise ConditionRefused(_("“%(name)s” is not there. It may have been deleted.") % {"name": name}, part=part)
    return sorted(there)
