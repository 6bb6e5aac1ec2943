# ruff: noqa: S608  the statements are put together of what is written here, and of our own numbers
"""The questions of `bench/segment.py`: twenty definitions made by chance, each with a statement by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Workspace
from accounts.scope import workspace_scope
from bench._deeds import BREADS, EVENTS
from customers.models import Attribute
from customers.segments.compiling import Understood
from customers.segments.definitions import definition_of
from customers.segments.fields import Frame
from customers.segments.history import midnight_of
from customers.segments.membership import local_today
from customers.segments.previewing import preview
from customers.staging import fetch

OF_EACH = 4
_LISTED = "c.merged_into_id is null and c.erased_at is null and c.archived_at is null and not c.is_anonymous"

Condition = tuple[dict[str, Any], str]
"""As the product has it, and by hand: over `c` and `f`, with `%(workspace)s` and values of its own written in."""


@dataclass(frozen=True)
class SegmentCase:
    """`by_hand` is what stands behind `where`."""

    name: str
    workspace: Workspace
    definition: dict[str, Any]
    by_hand: str

    def count(self) -> int:
        with workspace_scope(self.workspace):
            return self._rule().customers(Frame(local_today())).count()

    def count_by_hand(self) -> int:
        with workspace_scope(self.workspace):
            ((count,),) = fetch(self._statement("count(*)"), {"workspace": self.workspace.pk})
            return int(count)

    def preview(self) -> None:
        with workspace_scope(self.workspace):
            preview(self._rule())

    def check(self) -> int:
        """The same people by both. Returns how many."""
        with workspace_scope(self.workspace):
            ours = set(self._rule().customers(Frame(local_today())).values_list("pk", flat=True))
            theirs = {pk for (pk,) in fetch(self._statement("c.id"), {"workspace": self.workspace.pk})}
        assert ours == theirs, f"{self.name}: {self.definition}: {len(ours)} and {len(theirs)}"
        return len(ours)

    def plan(self) -> str:
        with workspace_scope(self.workspace):
            return str(self._rule().customers(Frame(local_today())).explain(analyze=True, buffers=True))

    def _rule(self) -> Understood:
        return Understood(definition_of(self.definition))

    def _statement(self, what: str) -> str:
        facts = "join customers_facts f on f.workspace_id = c.workspace_id and f.customer_id = c.id"
        joined = facts if "f." in self.by_hand else ""
        whose = f"c.workspace_id = %(workspace)s and {_LISTED}"
        return f"select {what} from customers_customer c {joined} where {whose} and {self.by_hand}"


def segment_cases(town: Workspace) -> list[SegmentCase]:
    chance = random.Random(20)
    kinds: dict[str, list[Callable[[random.Random], Condition]]] = {
        "attribute": [_bread, _seats, _met, _bread_and_seats],
        "orders": [_ordered, _lapsed, _spent, _ordered_here],
        "event": [_told, _told_often, _never_seen, _told_property],
        "message": [_received, _opened, _never_opened, _clicked],
    }
    with workspace_scope(town):
        leaves = {kind: [make(chance) for make in makers] for kind, makers in kinds.items()}
        nested = [_nested(chance, leaves) for _ in range(OF_EACH)]
    cases = [(kind, *each) for kind, conditions in leaves.items() for each in conditions]
    cases += [("nested", *each) for each in nested]
    return [
        SegmentCase(f"{kind}_{place % OF_EACH + 1}", town, _whole(definition), by_hand)
        for place, (kind, definition, by_hand) in enumerate(cases)
    ]


def _whole(definition: dict[str, Any]) -> dict[str, Any]:
    return definition if "match" in definition else {"match": "all", "rules": [definition]}


def _nested(chance: random.Random, leaves: dict[str, list[Condition]]) -> Condition:
    """One of them, and one of two others or none of two more."""
    first, *others = (chance.choice(conditions) for conditions in chance.sample(sorted(leaves.values(), key=str), 4))
    more = chance.choice(leaves["orders"])
    inner, outer = others[:2], [others[2], more]
    definition = {
        "match": "all",
        "rules": [
            first[0],
            {
                "match": "any",
                "rules": [*(each[0] for each in inner), {"match": "none", "rules": [each[0] for each in outer]}],
            },
        ],
    }
    neither = f"not ({outer[0][1]}) and not ({outer[1][1]})"
    return definition, f"({first[1]}) and (({inner[0][1]}) or ({inner[1][1]}) or ({neither}))"


def _among(rows: str) -> str:
    return f"exists (select from {rows})"


def _value(key: str, condition: str) -> str:
    attribute = Attribute.objects.get(key=key).pk
    return _among(
        "customers_attributevalue v where v.workspace_id = %(workspace)s and v.customer_id = c.id "
        f"and v.attribute_id = {attribute} and {condition}"
    )


def _bread(chance: random.Random) -> Condition:
    breads = chance.sample(BREADS, 2)
    asked = {"field": "attribute.bread", "is": "any_of", "value": breads}
    return asked, _value("bread", f"v.text in ('{breads[0]}', '{breads[1]}')")


def _seats(chance: random.Random) -> Condition:
    low = chance.randint(30, 45)
    asked = {"field": "attribute.seats", "is": "between", "value": [low, low + 3]}
    return asked, _value("seats", f"v.number between {low} and {low + 3}")


def _met(chance: random.Random) -> Condition:
    days = chance.randint(10, 60)
    first = local_today() - timedelta(days=days - 1)
    asked = {"field": "attribute.met", "is": "in_last", "value": days}
    return asked, _value("met", f"v.day between '{first}' and '{local_today()}'")


def _bread_and_seats(chance: random.Random) -> Condition:
    bread, seats = _bread(chance), _seats(chance)
    return {"match": "all", "rules": [bread[0], seats[0]]}, f"{bread[1]} and {seats[1]}"


_COUNTED = "o.workspace_id = %(workspace)s and o.cancelled_at is null and o.archived_at is null"


def _orders_of(days: int, more: str = "") -> str:
    first = local_today() - timedelta(days=days - 1)
    window = f"o.placed_on >= '{first}' and o.placed_on <= '{local_today()}'"
    return f"sales_order o where {_COUNTED} and {window} {more}"


def _ordered(chance: random.Random) -> Condition:
    days = chance.randint(30, 90)
    asked = {"field": "orders", "is": "at_least", "value": 2, "within_days": days}
    return asked, f"c.id in (select o.customer_id from {_orders_of(days)} group by 1 having count(*) >= 2)"


def _lapsed(chance: random.Random) -> Condition:
    days = chance.randint(200, 400)
    asked = {"field": "orders", "is": "equals", "value": 0, "within_days": days}
    return asked, f"not {_among(_orders_of(days, 'and o.customer_id = c.id'))}"


def _spent(chance: random.Random) -> Condition:
    days, least = chance.randint(30, 180), chance.randint(8_000, 15_000)
    asked = {"field": "spent", "is": "at_least", "value": least, "within_days": days}
    net = "sum(o.value_minor - o.refunded_value_minor)"
    return asked, f"c.id in (select o.customer_id from {_orders_of(days)} group by 1 having {net} >= {least})"


_AT_THE_TILL = "and o.channel = 'till'"


def _ordered_here(chance: random.Random) -> Condition:
    days = chance.randint(30, 120)
    asked = {"field": "orders", "is": "at_least", "value": 1, "within_days": days, "where": {"channel": ["till"]}}
    return asked, f"c.id in (select o.customer_id from {_orders_of(days, _AT_THE_TILL)})"


def _since(days: int) -> tuple[datetime, datetime]:
    today = local_today()
    return midnight_of(today - timedelta(days=days - 1)), midnight_of(today + timedelta(days=1))


def _events_of(kind: str, days: int, name: str = "") -> str:
    first, last = _since(days)
    named = f"and e.payload ->> 'name' = '{name}'" if name else ""
    return (
        f"timeline_event e where e.workspace_id = %(workspace)s and e.kind = '{kind}' and e.occurred_at >= '{first}' "
        f"and e.occurred_at < '{last}' {named}"
    )


def _told(chance: random.Random) -> Condition:
    name, days = chance.choice(EVENTS), chance.randint(7, 30)
    asked = {"field": f"custom.{name}", "is": "at_least", "value": 1, "within_days": days}
    return asked, f"c.id in (select e.customer_id from {_events_of('CustomEvent', days, name)})"


def _told_often(chance: random.Random) -> Condition:
    days = chance.randint(20, 60)
    asked = {"field": "event.PageViewed", "is": "at_least", "value": 2, "within_days": days}
    grouped = f"select e.customer_id from {_events_of('PageViewed', days)} group by 1 having count(*) >= 2"
    return asked, f"c.id in ({grouped})"


def _never_seen(chance: random.Random) -> Condition:
    days = chance.randint(60, 120)
    asked = {"field": "event.PageViewed", "is": "equals", "value": 0, "within_days": days}
    return asked, f"not {_among(_events_of('PageViewed', days) + ' and e.customer_id = c.id')}"


def _told_property(chance: random.Random) -> Condition:
    name, days, minutes = chance.choice(EVENTS), chance.randint(7, 14), chance.randint(60, 95)
    where = {"minutes": {"is": "at_least", "value": minutes}}
    asked = {"field": f"custom.{name}", "is": "at_least", "value": 1, "within_days": days, "where": where}
    named = f"select e.customer_id, (e.payload ->> 'key')::uuid as key from {_events_of('CustomEvent', days, name)}"
    told = "customers_ingestedevent t on t.workspace_id = %(workspace)s and t.key = n.key"
    compared = f"(t.properties::jsonb ->> 'minutes')::numeric >= {minutes}"
    return asked, f"c.id in (select n.customer_id from ({named} offset 0) n join {told} where {compared})"


def _messages_of(column: str, days: int, more: str = "") -> str:
    first, last = _since(days)
    window = f"m.{column} >= '{first}' and m.{column} < '{last}'"
    return f"messaging_message m where m.workspace_id = %(workspace)s and {window} {more}"


def _received(chance: random.Random) -> Condition:
    days = chance.randint(40, 90)
    asked = {"field": "messages_received", "is": "at_least", "value": 2, "within_days": days}
    arrived = "and m.state in ('sent', 'delivered', 'complained') and m.customer_id is not null"
    grouped = f"select m.customer_id from {_messages_of('sent_at', days, arrived)} group by 1 having count(*) >= 2"
    return asked, f"c.id in ({grouped})"


def _opened(chance: random.Random) -> Condition:
    days = chance.randint(40, 90)
    asked = {"field": "messages_opened", "is": "at_least", "value": 1, "within_days": days}
    return asked, f"c.id in (select m.customer_id from {_messages_of('opened_at', days)})"


def _never_opened(chance: random.Random) -> Condition:
    days = chance.randint(60, 180)
    asked = {"field": "messages_opened", "is": "equals", "value": 0, "within_days": days}
    return asked, f"not {_among(_messages_of('opened_at', days, 'and m.customer_id = c.id'))}"


def _clicked(chance: random.Random) -> Condition:
    days = chance.randint(60, 150)
    asked = {"field": "messages_clicked", "is": "at_least", "value": 1, "within_days": days}
    return asked, f"c.id in (select m.customer_id from {_messages_of('clicked_at', days)})"
