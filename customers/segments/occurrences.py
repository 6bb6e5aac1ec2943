"""Questions about events: whether, and how often, something of a kind happened to somebody.

Events keep the customer with whom they were recorded for ever, so those of whoever was merged count for the survivor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from accounts.scope import current_workspace_id
from customers.segments.fields import Frame, Question
from customers.segments.history import at_all, beyond, holds_for, midnight_of
from customers.segments.properties import TOLD_PROPERTIES, PropertyCondition, Written
from customers.staging import bigints

# All who were merged into somebody, by whoever survived: few.
_EVERYBODY = """
with recursive moved (id, survivor) as (
  select id, merged_into_id from customers_customer where workspace_id = %s and merged_into_id is not null
  union
  select moved.id, further.merged_into_id from moved join customers_customer further
  on further.workspace_id = %s and further.id = moved.survivor and further.merged_into_id is not null
)
select coalesce(moved.survivor, event.customer_id) as customer_id
from {events} left join moved on moved.id = event.customer_id where event.customer_id is not null
"""
_SOME = """
with recursive asked (id, survivor) as (
  select id, id from unnest(%s::bigint[]) as given (id)
  union
  select merged.id, asked.survivor from asked join customers_customer merged
  on merged.workspace_id = %s and merged.merged_into_id = asked.id
)
select asked.survivor as customer_id from asked join {events} on event.customer_id = asked.id where true
"""
# What a shop told stands apart, by a key that only a fence lets the index of that table be searched for: to read it
# out of the payload is nothing that row-level security would let happen first. An erasure leaves it blank.
_TOLD = f"""(
  select named.customer_id, {TOLD_PROPERTIES} as properties
  from ({{named}} offset 0) as named join customers_ingestedevent told
  on told.workspace_id = %s and told.key = named.key
)"""  # noqa: S608  our own words


@dataclass(frozen=True)
class Occurrence(Question):
    """How often an event of `kind` occurred. `name` is that of a CustomEvent."""

    kind: str
    operator: str
    value: float
    within_days: int | None
    properties: tuple[PropertyCondition, ...]
    name: str = ""

    def ask(self, frame: Frame) -> Q:
        days = (frame.today - timedelta(days=self.within_days - 1), frame.today) if self.within_days else None
        if any_or_none := at_all(self.operator, self.value):
            anybody = frame.among(self._rows(frame, days))
            return anybody if any_or_none == "any" else ~anybody
        if holds_for(self.operator, 0, self.value):
            # Whoever has none at all fits as well: ask who does not.
            return ~frame.among(self._rows(frame, days, having=beyond(self.operator)))
        signs = {"at_least": ">=", "at_most": "<=", "equals": "="}
        return frame.among(self._rows(frame, days, having=signs[self.operator]))

    def is_certain(self, frame: Frame) -> bool:
        return True

    def flips(self, frame: Frame, *, since: date) -> Q | None:
        """To whom it happened on days that came into the window, or fell out of it."""
        if self.within_days is None:
            return None
        one, window = timedelta(days=1), timedelta(days=self.within_days)
        gone, come = (since - window + one, frame.today - window), (since + one, frame.today)
        return frame.among(self._rows(frame, gone)) | frame.among(self._rows(frame, come))

    def _rows(self, frame: Frame, days: tuple[date, date] | None, *, having: str = "") -> RawSQL:
        events, params = self._events(days, is_of_some=frame.ids is not None)
        workspace = current_workspace_id()
        whose: list[Any]
        if frame.ids is None:
            sql, whose = _EVERYBODY, [workspace, workspace]
        else:
            sql, whose = _SOME, [bigints(frame.ids), workspace]
        sql, params = sql.format(events=events), [*whose, *params]
        for each in self.properties:
            asked, values = each.sql("event.properties")
            sql, params = f"{sql} and {asked}", [*params, *values]
        if having:
            sql, params = f"{sql} group by 1 having count(*) {having} %s", [*params, self.value]
        return RawSQL(sql, params)  # noqa: S611  our own words; what a person wrote is a parameter

    def _events(self, days: tuple[date, date] | None, *, is_of_some: bool) -> Written:
        """A relation `event` of whose they are, and of the `properties` if any are asked for."""
        found = "where workspace_id = %s and kind = %s"
        if is_of_some:
            found += " and customer_id in (select id from asked)"
        params: list[Any] = [current_workspace_id(), self.kind]
        if days:
            found += " and occurred_at >= %s and occurred_at < %s"
            params += [midnight_of(days[0]), midnight_of(days[1] + timedelta(days=1))]
        if self.name:
            found += " and payload ->> 'name' = %s"
            params.append(self.name)
        if not self.properties:
            return f"(select customer_id from timeline_event {found}) as event", params  # noqa: S608  our own words
        if not self.name:
            events = f"(select customer_id, payload as properties from timeline_event {found}) as event"  # noqa: S608
            return events, params
        named = f"select customer_id, nullif(payload ->> 'key', '')::uuid as key from timeline_event {found}"  # noqa: S608
        return f"{_TOLD.format(named=named)} as event", [*params, current_workspace_id()]
