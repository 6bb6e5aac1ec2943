"""What can be asked of the timeline: each kind of event, and each that a shop told under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.scope import current_workspace_id
from customers.contracts import describers
from customers.queries.timeline import kind_in_words
from customers.segments.comparing import Operator
from customers.segments.definitions import Condition
from customers.segments.fields import FieldFamily, Question, SegmentField, value_of
from customers.segments.history import history_operators
from customers.segments.occurrences import Occurrence
from customers.segments.properties import TOLD_PROPERTIES, properties_of
from customers.staging import fetch
from timeline.registry import event_class

LONGEST_NAME = 200
NEWEST = 500
"""Of so many events that a shop told last, the names and properties are offered."""

# Being in a segment is asked as such; what shops told has names.
CUSTOM = "CustomEvent"
_ASKED_OTHERWISE = {CUSTOM, "SegmentEntered", "SegmentLeft"}


@dataclass(frozen=True)
class EventField(SegmentField):
    key: str
    label: str | Promise
    group: str | Promise
    kind: str
    listens: frozenset[str]
    properties: Sequence[str]
    name: str = ""
    takes_window: ClassVar[bool] = True

    @property
    def operators(self) -> Mapping[str, Operator]:
        return history_operators()

    def question(self, condition: Condition) -> Question:
        return Occurrence(
            kind=self.kind,
            name=self.name,
            operator=condition.operator,
            value=value_of(condition, self),
            within_days=condition.within_days,
            properties=properties_of(condition),
        )


@dataclass(frozen=True)
class EventFamily(FieldFamily):
    """`event.OrderPaid`: every kind that is about a customer."""

    group: str | Promise
    listens: frozenset[str]
    prefix: ClassVar[str] = "event"

    def members(self) -> Iterable[SegmentField]:
        return sorted((self._field(kind) for kind in self._kinds()), key=lambda field: str(field.label))

    def find(self, name: str) -> SegmentField | None:
        return self._field(name) if name in self._kinds() else None

    def listens_for(self, name: str) -> frozenset[str]:
        return self.listens | {name}

    def _kinds(self) -> set[str]:
        return describers().keys() - _ASKED_OTHERWISE

    def _field(self, kind: str) -> EventField:
        known = _plain_properties(kind)
        listens = self.listens_for(kind)
        return EventField(f"event.{kind}", kind_in_words(kind), self.group, kind, listens, properties=known)


def _plain_properties(kind: str) -> list[str]:
    """Those that say something to a person: no ids, no lists."""
    body = event_class(kind)
    told = {field.name for field in fields(body) if field.type in {"str", "int"}}
    return [name for name in body.payload_fields() if name in told and not name.endswith("_id")]


@dataclass(frozen=True)
class CustomEventFamily(FieldFamily):
    """`custom.Recipe Saved`: what a shop told under its own name, also where it never did."""

    group: str | Promise
    listens: frozenset[str]
    prefix: ClassVar[str] = "custom"

    def members(self) -> Iterable[SegmentField]:
        told = fetch(
            f"""select named.name, coalesce(array_agg(distinct word) filter (where word is not null), '{{}}') from (
                 select payload ->> 'name' as name, nullif(payload ->> 'key', '')::uuid as key from timeline_event
                 where workspace_id = %(workspace)s and kind = %(kind)s order by occurred_at desc limit %(newest)s
               ) as named left join customers_ingestedevent told
                 on told.workspace_id = %(workspace)s and told.key = named.key
               left join lateral jsonb_object_keys({TOLD_PROPERTIES}) as word on true
               where named.name <> '' group by 1 order by 1""",  # noqa: S608  our own words
            {"workspace": current_workspace_id(), "kind": CUSTOM, "newest": NEWEST},
        )
        return [self._field(name, properties) for name, properties in told]

    def find(self, name: str) -> SegmentField | None:
        return self._field(name, []) if len(name) <= LONGEST_NAME and name.isprintable() else None

    def listens_for(self, name: str) -> frozenset[str]:
        return self.listens | {CUSTOM}

    def _field(self, name: str, properties: Sequence[str]) -> EventField:
        listens = self.listens_for(name)
        label = _("“%(name)s”") % {"name": name}
        return EventField(f"custom.{name}", label, self.group, CUSTOM, listens, properties=properties, name=name)
