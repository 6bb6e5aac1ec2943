"""What other systems tell of people: each thing once, whoever it is about, in one statement for a whole batch."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec
from django.db import IntegrityError, connection, transaction

from accounts.doorbells import announce
from accounts.scope import current_actor, current_workspace_id
from customers.actions.upsert import CustomerRow, Status, upsert_customers
from customers.staging import fetch, scratch
from customers.upserting.known import ERASED, IS_ERASED, ids_of_external_ids
from timeline.recording import QUEUE

ANONYMOUS = "anonymous"
"""The system whose external ids are the `anonymousId`s of visitors."""
SOURCE = "api"

# Fewer than this are cheaper as parameters of the statement than by way of a temporary table.
_STAGE_FROM = 50
# Characters that no checked text holds, so that nothing needs to be escaped on its way through COPY.
_QUOTE, _DELIMITER = "\x01", "\x02"
_FIELDS = ("key", "system", "person", "name", "properties", "occurred_at")
_COLUMNS = "key uuid, system text, person text, name text, properties text, occurred_at timestamptz"

_UNKNOWN, _ERASED = "unknown", "erased"

Person = tuple[str, str]
"""A system, and what it calls somebody."""
Writing = tuple[str, Sequence[Any]]
"""The beginning of a statement, `with … told as (…)`, and its parameters."""


class ToldEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`key` is 32 hexadecimal digits, `person` what `system` calls them, `occurred_at` ISO 8601, `properties` JSON.

    None of the texts has control characters, but for line ends and tabs in `properties`.
    """

    position: int
    key: str
    system: str
    person: str
    name: str
    properties: str
    occurred_at: str


class Told(msgspec.Struct, frozen=True):
    """How many were new, and by position why some were refused. Of the rest each had been told before."""

    count: int
    refusals: dict[int, str]


def tell(events: Sequence[ToldEvent], write: Callable[[Writing], int], *, is_kept: bool) -> Told:
    """Claim the keys of events and have `write` tell those that were new. People who are not known yet are added first.

    `write` records from `told` (key, customer_id, name, properties, occurred_at) and returns how many. With `is_kept`,
    the properties are kept beside the key; else `write` sees to them. Of two events with one key the first counts.
    """
    # Sorted, since neighbours are found on the same pages of the index: a tenth less for Postgres.
    wanted = sorted({event.key: event for event in reversed(events)}.values(), key=attrgetter("person"))
    relation, params = _relation(wanted)
    claim = partial(_claim, relation, params, kept="properties" if is_kept else "''")
    count = _write_new(write, claim) if len(wanted) >= _STAGE_FROM else write(claim())
    if count == len(wanted):
        return Told(count, {})
    missed = _missed(relation, params)
    refusals = {person: str(IS_ERASED) for person, fate in missed.items() if fate == _ERASED}
    if len(refusals) < len(missed):
        refusals |= _meet(sorted(person for person, fate in missed.items() if fate == _UNKNOWN))
        count += write(claim())
    reasons = ((event.position, refusals.get((event.system, event.person))) for event in wanted)
    return Told(count, {position: reason for position, reason in reasons if reason})


def tell_at_once(events: Sequence[ToldEvent]) -> int:
    """Record a few CustomEvents by a function whose plans Postgres keeps, for half of what `tell` costs.

    Returns how many were told. There is more to the others, for `tell` to see to: nobody knows the person, they were
    erased, it was told before.
    """
    columns = [[getattr(event, field) for event in events] for field in _FIELDS]
    ((count,),) = fetch(
        "select customers_tell_events(%s::uuid[], %s, %s, %s, %s, %s::timestamptz[], %s)", [*columns, current_actor()]
    )
    if count:
        announce(QUEUE)
    return int(count)


def _write_new(write: Callable[[Writing], int], claim: Callable[..., Writing]) -> int:
    """Most batches hold nothing but news, and then Postgres need not be ready for a key that is known: a tenth less."""
    try:
        with transaction.atomic():
            return write(claim(otherwise=""))
    except IntegrityError:
        return write(claim())


def _relation(events: Sequence[ToldEvent]) -> tuple[str, list[Any]]:
    """The events as something to select from, with its parameters."""
    if len(events) < _STAGE_FROM:
        columns: list[Any] = [[getattr(event, field) for event in events] for field in _FIELDS]
        arrays = "%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[]"
        return f"unnest({arrays}) as s({', '.join(_FIELDS)})", columns
    scratch("staged_told", _COLUMNS)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"copy staged_told from stdin with (format csv, delimiter '{_DELIMITER}', quote '{_QUOTE}')",
            io.BytesIO("".join(map(_copied, events)).encode()),
            1 << 20,
        )
    return "staged_told as s", []


def _copied(event: ToldEvent) -> str:
    return (
        f"{event.key}\x02{event.system}\x02\x01{event.person}\x01\x02\x01{event.name}\x01\x02"
        f"\x01{event.properties}\x01\x02{event.occurred_at}\n"
    )


def meet(people: Iterable[Person]) -> tuple[dict[Person, int], dict[Person, str]]:
    """The customers whom these people are, added where they were not known; and why some can't be."""
    wanted = set(people)
    found, refusals = _find(wanted), {}
    if strangers := sorted(wanted - found.keys()):
        refusals = _meet(strangers)
        found |= _find(strangers)
    refusals |= {person: str(IS_ERASED) for person, pk in found.items() if pk == ERASED}
    return {person: pk for person, pk in found.items() if pk != ERASED}, refusals


def _find(people: Iterable[Person]) -> dict[Person, int]:
    by_system: dict[str, set[str]] = {}
    for system, person in people:
        by_system.setdefault(system, set()).add(person)
    return {
        (system, person): pk
        for system, names in by_system.items()
        for person, pk in ids_of_external_ids(names, system).items()
    }


def _claim(relation: str, params: Sequence[Any], *, kept: str, otherwise: str = "on conflict do nothing") -> Writing:
    """Customers are held against a merge or an erasure, in one order, until what is told of them is committed.

    Each id is looked up by itself: Postgres knows nothing of a temporary table's rows, and a join of a thousand with
    50,000 ids read them all, which took a third of the statement's time.
    """
    workspace_id = current_workspace_id()
    return (
        f"""with named as materialized (
              select s.key, s.name, s.properties, s.occurred_at, e.customer_id from {relation}
              cross join lateral (
                select customer_id from customers_externalid
                where workspace_id = %s and source = s.system and value = s.person limit 1
              ) e
            ), held as (
              select id from customers_customer
              where workspace_id = %s and id = any(array(select customer_id from named))
                and erased_at is null and merged_into_id is null
              order by id for key share
            ), known as (
              select named.* from named join held on held.id = named.customer_id
            ), claimed as (
              insert into customers_ingestedevent (workspace_id, key, properties)
              select %s, key, {kept} from known order by key {otherwise} returning key
            ), told as (select known.* from known join claimed using (key))""",  # noqa: S608  our own words
        [*params, workspace_id, workspace_id, workspace_id],
    )


def _missed(relation: str, params: Sequence[Any]) -> dict[Person, str]:
    """Whose events were not told, and why: nobody knows them, they were erased, or a merge has just come between."""
    workspace_id = current_workspace_id()
    found = fetch(
        f"""select distinct s.system, s.person,
              case when c.id is null then '{_UNKNOWN}' when c.erased_at is not null then '{_ERASED}' else '' end
            from {relation}
            left join customers_externalid e on e.workspace_id = %s and e.source = s.system and e.value = s.person
            left join customers_customer c on c.workspace_id = %s and c.id = e.customer_id
            where not exists (
              select from customers_ingestedevent i where i.workspace_id = %s and i.key = s.key
            )""",  # noqa: S608  our own words
        [*params, workspace_id, workspace_id, workspace_id],
    )
    return {(system, person): fate for system, person, fate in found}


def _meet(strangers: Iterable[Person]) -> dict[Person, str]:
    """Add people who are known by nothing but an id. Returns who could not be added, and why."""
    by_system: dict[str, list[str]] = {}
    for system, person in strangers:
        by_system.setdefault(system, []).append(person)
    refusals: dict[Person, str] = {}
    for system, people in by_system.items():
        rows = [CustomerRow(external_id=person, is_anonymous=system == ANONYMOUS) for person in people]
        for person, outcome in zip(people, upsert_customers(rows, source=SOURCE, system=system), strict=True):
            if outcome.status is Status.REFUSED:
                refusals[system, person] = outcome.reason
    return refusals
