"""Everything that happened with one customer, in words, newest first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.paging import keyset_page
from accounts.queries import actor_names
from accounts.scope import SYSTEM
from customers.contracts import Describe, TimelineEntry, describers
from customers.models import Customer
from timeline.models import Event

_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class TimelineLine:
    """`who` is empty where nobody did it: a rule, a program of ours."""

    at: datetime
    words: TimelineEntry
    who: str

    @property
    def detail(self) -> str:
        return " · ".join(part for part in (self.words.detail, self.who) if part)


@dataclass(frozen=True)
class TimelinePage:
    lines: list[TimelineLine]
    next_cursor: str | None


def kind_in_words(kind: str) -> str:
    """`OrderPaid` as `Order paid`."""
    return _CAPITALS.sub(" ", kind).capitalize()


def identities(customer: Customer) -> list[int]:
    """The customer and all who were found to be the same person: events keep the id that they were recorded with."""
    return [customer.pk, *Customer.objects.filter(merged_into=customer).order_by("pk").values_list("pk", flat=True)]


def timeline_page(customer: Customer, *, group: str = "", cursor: str = "", size: int = 30) -> TimelinePage:
    """One query for the events, one for each function that puts a kind of them into words, two for who did it."""
    events = Event.objects.filter(customer_id__in=identities(customer))
    if group:
        events = events.filter(kind__in=[kind for kind, (under, _) in describers().items() if under == group])
    page = keyset_page(events, sort="-occurred_at", cursor=cursor, size=size)
    words = _described(page.rows)
    names = actor_names({event.actor for event in page.rows})
    lines = [TimelineLine(event.occurred_at, words[event.pk], _who(event, names)) for event in page.rows]
    return TimelinePage(lines, page.next_cursor)


def _described(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    """Each describer gets its events at once. What none has words for is called by its kind."""
    words = {event.pk: TimelineEntry("point", kind_in_words(event.kind)) for event in events}
    batches: dict[Describe, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind in describers():
            batches[describers()[event.kind][1]].append(event)
    for describe, batch in batches.items():
        words |= describe(batch)
    return words


def _who(event: Event, names: dict[str, str]) -> str:
    if event.actor == SYSTEM or event.actor.startswith("customer:"):
        return ""
    return names.get(event.actor, event.actor)
