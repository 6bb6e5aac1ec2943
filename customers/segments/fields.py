"""The contract `SegmentField`: what a segment can ask about customers, contributed by the app that knows the answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from customers.queries.filtering import Among
from customers.segments.comparing import OPERATORS, Comparing, Kind, Operator, ValueRefused, between, checked_value
from customers.segments.definitions import Condition, Group
from customers.segments.joining import IsIn

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Frame:
    """What a question is asked within: the day it is in the workspace's zone, and of whom, if not of everybody.

    `is_raw` asks the rows that facts are counted from, to prove that both answers agree. `is_joined`: what is asked
    must hold of whoever is found, and so may become a join.
    """

    today: date
    ids: Sequence[int] | None = None
    is_raw: bool = False
    is_joined: bool = True

    def among(self, rows: QuerySet[Any, Any] | RawSQL) -> Q:
        """Whose id is in the rows' only column, which is never null.

        In an “or” nothing is joined: there the rows become a hash table, if they fit into `work_mem`. By `exists`, the
        planner may rather look for each customer, and believe of thousands that they are a few.
        """
        return Q(IsIn(rows)) if self.is_joined else Q(pk__in=rows)

    def of_these(self, rows: QuerySet[Row], *, customer: str = "customer") -> QuerySet[Row]:
        """Rows of nobody but those asked about: an inner query does not learn of it from the outer one."""
        if self.ids is None:
            return rows.filter(**{f"{customer}__isnull": False})
        return rows.filter(Among(f"{customer}_id" if customer else "pk", self.ids))


class Question(ABC):
    """A condition that was understood."""

    @abstractmethod
    def ask(self, frame: Frame) -> Q:
        """Over Customer. Never asks twice: the caller combines."""

    def is_certain(self, frame: Frame) -> bool:
        """Whether what is asked is true or false of everybody, and never unknown."""
        return False

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        """Over Customer, a superset of those whose answer changed by nothing but the days that passed since."""
        return None


class SegmentField(ABC):
    """One thing to ask about, in the builder's list under `group`. `key` is its name in the JSON form.

    `listens` are the kinds of events after which somebody's answer may differ, or the question be possible or not.
    """

    key: str
    label: str | Promise
    group: str | Promise
    listens: frozenset[str]
    # Which of `within_days` and `where` a condition may have.
    takes_window: ClassVar[bool] = False
    filters: ClassVar[tuple[str, ...]] = ()
    # Of what happened with properties, those that are known; `where` may then ask any.
    properties: Sequence[str] | None = None

    @property
    @abstractmethod
    def operators(self) -> Mapping[str, Operator]: ...

    @abstractmethod
    def question(self, condition: Condition) -> Question:
        """Raises ConditionRefused."""

    def choices(self) -> list[tuple[str, str]]:
        """What the builder offers where a value is to be picked: pairs of value and label."""
        return []

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        """The same for one of `filters`."""
        return []


class ConditionRefused(ValueError):
    """`part` is the part of the condition that is wrong: field, is, value, within_days, where."""

    def __init__(self, message: str, *, part: str) -> None:
        super().__init__(message)
        self.part = part


def value_of(condition: Condition, field: SegmentField) -> Any:
    """What is compared with, checked. Raises ConditionRefused, also for parts the field lacks."""
    operator = field.operators.get(condition.operator)
    if operator is None:
        known = ", ".join(field.operators)
        raise ConditionRefused(_("This field is compared by one of: %(known)s.") % {"known": known}, part="is")
    if condition.within_days is not None and not field.takes_window:
        raise ConditionRefused(_("This field has no window of days."), part="within_days")
    for name in condition.where if field.properties is None else ():
        if name not in field.filters:
            raise ConditionRefused(_("“%(name)s” means nothing here.") % {"name": name}, part=f"where.{name}")
    try:
        return checked_value(operator, condition.value)
    except ValueRefused as refusal:
        raise ConditionRefused(str(refusal), part="value") from None


@dataclass(frozen=True)
class Comparison(Question):
    """A value of the customer's own, compared. `operand` gives the expression for a frame."""

    operand: Callable[[Frame], Any]
    operator: Comparing
    value: Any

    def ask(self, frame: Frame) -> Q:
        return self.operator.ask(self.operand(frame), self.value, frame.today)

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        if self.operator.flips is None:
            return None
        spans = self.operator.flips(self.value, since, frame.today)
        return reduce(or_, (between(self.operand(frame), first, last) for first, last in spans))


@dataclass(frozen=True)
class ColumnField(SegmentField):
    """A column of the customer, or one reached from there. `raw` counts the same from the rows behind it."""

    key: str
    label: str | Promise
    group: str | Promise
    kind: Kind
    path: str
    listens: frozenset[str]
    raw: Callable[[], Any] | None = None
    known: Callable[[], list[tuple[str, str]]] = field(default=list)

    @property
    def operators(self) -> Mapping[str, Operator]:
        return OPERATORS[self.kind]

    def question(self, condition: Condition) -> Question:
        value = value_of(condition, self)
        return Comparison(self._operand, OPERATORS[self.kind][condition.operator], value)

    def choices(self) -> list[tuple[str, str]]:
        return self.known()

    def _operand(self, frame: Frame) -> Any:
        return self.raw() if frame.is_raw and self.raw else models.F(self.path)


class FieldFamily(ABC):
    """Fields that a workspace has by its own data: keys begin with `prefix` and a dot."""

    prefix: ClassVar[str]

    @abstractmethod
    def members(self) -> Iterable[SegmentField]:
        """What the builder offers."""

    @abstractmethod
    def find(self, name: str) -> SegmentField | None:
        """By what stands behind the prefix."""

    @abstractmethod
    def listens_for(self, name: str) -> frozenset[str]:
        """Those of the field of that name, whether it is there or not: asks nobody."""


_fields: dict[str, SegmentField] = {}
_families: dict[str, FieldFamily] = {}


def register_segment_fields(*fields: SegmentField) -> None:
    """In `segment_fields.py` of the app that owns the values."""
    for each in fields:
        _fields[each.key] = each


def register_field_family(family: FieldFamily) -> None:
    _families[family.prefix] = family


def segment_fields() -> list[SegmentField]:
    """All that this workspace can ask, in the order of registration."""
    return [*_fields.values(), *(member for family in _families.values() for member in family.members())]


def named_fields() -> list[SegmentField]:
    """Those of every workspace, in the order of registration."""
    return list(_fields.values())


def segment_field(key: str) -> SegmentField:
    """Raises ConditionRefused for what is not there, or not any more."""
    prefix, _dot, name = key.partition(".")
    found = _fields.get(key) or (_families[prefix].find(name) if name and prefix in _families else None)
    if found is None:
        raise ConditionRefused(
            _("“%(key)s” is nothing that can be asked here. It may have been deleted.") % {"key": key}, part="field"
        )
    return found


def kinds_heard(definition: Group) -> frozenset[str]:
    """The kinds of events after which somebody may come or go. Asks nobody, so that most events cost nothing."""
    return frozenset().union(*(_listens(condition.field) for condition in definition.conditions()))


def _listens(key: str) -> frozenset[str]:
    prefix, _dot, name = key.partition(".")
    if key in _fields:
        return _fields[key].listens
    return _families[prefix].listens_for(name) if prefix in _families else frozenset()
