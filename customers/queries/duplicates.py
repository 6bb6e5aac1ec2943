"""Who may be one person twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scope import current_workspace_id
from customers.actions.merging import PARTS, UNDO_WITHIN
from customers.field_names import field_name
from customers.models import Customer, Distinction, Merge
from customers.queries.profiles import birthday_words, country_name, language_name
from customers.staging import fetch

MOST_SUGGESTED = 50
# Of a group: a number that hundreds share is no sign that they are one person.
MOST_COMPARED = 20


@dataclass(frozen=True)
class Suspicion:
    first: Customer
    second: Customer
    reason: str


def duplicates(limit: int = MOST_SUGGESTED) -> list[Suspicion]:
    """Pairs with the same phone, then pairs with the same name and birthday, each pair once.

    Left out are those of whom somebody said that they are two people.
    """
    pairs: dict[tuple[int, int], str] = {}
    for reason, groups in (
        (_("Same phone"), _sharing(_SAME_PHONE, limit)),
        (_("Same name and birthday"), _sharing(_SAME_NAME_AND_BIRTHDAY, limit)),
    ):
        for pair in _undecided(groups):
            pairs.setdefault(pair, reason)
    people = Customer.objects.in_bulk({pk for pair in pairs for pk in pair})
    return [Suspicion(people[first], people[second], reason) for (first, second), reason in pairs.items()][:limit]


# What several have is found by its index alone, in the index's order and only until it suffices; then whose it is.
_SAME_PHONE = """
select members.ids from (
  select phone_norm from customers_customer
  where workspace_id = %(workspace)s and phone_norm > '' group by phone_norm having count(*) > 1
) as several cross join lateral (
  select array_agg(id) as ids from customers_customer
  where workspace_id = %(workspace)s and phone_norm = several.phone_norm
    and merged_into_id is null and archived_at is null and erased_at is null
) as members where cardinality(members.ids) > 1 order by several.phone_norm limit %(most)s
"""
_SAME_NAME_AND_BIRTHDAY = """
select members.ids from (
  select sort_name, birth_monthday from customers_customer
  where workspace_id = %(workspace)s and birth_monthday is not null
  group by sort_name, birth_monthday having count(*) > 1
) as several cross join lateral (
  select array_agg(id) as ids from customers_customer
  where workspace_id = %(workspace)s and sort_name = several.sort_name and birth_monthday = several.birth_monthday
    and name <> '' and merged_into_id is null and archived_at is null and erased_at is null
) as members
where cardinality(members.ids) > 1 order by several.sort_name, several.birth_monthday limit %(most)s
"""


def _sharing(sql: str, limit: int) -> list[list[int]]:
    """The records of each group of more than one. A decision settles one group at most, so enough are left."""
    most = limit + Distinction.objects.count()
    return [ids for (ids,) in fetch(sql, {"workspace": current_workspace_id(), "most": most})]


def _undecided(groups: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Of each group the oldest two whom nobody told apart yet."""
    members = {pk for group in groups for pk in group}
    told_apart = set(Distinction.objects.filter(first__in=members).values_list("first_id", "second_id"))
    for group in groups:
        oldest = sorted(group)[:MOST_COMPARED]
        yield from [pair for pair in combinations(oldest, 2) if pair not in told_apart][:1]


@dataclass(frozen=True)
class Comparison:
    """One line of two profiles side by side."""

    label: str
    survivor: str
    absorbed: str

    @property
    def is_filled(self) -> bool:
        return bool(self.absorbed) and not self.survivor

    @property
    def is_differing(self) -> bool:
        return bool(self.absorbed) and bool(self.survivor) and self.survivor != self.absorbed


def compared(survivor: Customer, absorbed: Customer) -> list[Comparison]:
    return [*_compared_parts(survivor, absorbed), *_compared_attributes(survivor, absorbed)]


def _compared_parts(survivor: Customer, absorbed: Customer) -> Iterator[Comparison]:
    for part, columns in PARTS.items():
        ours, theirs = _shown(survivor, part, columns[0]), _shown(absorbed, part, columns[0])
        if ours or theirs:
            yield Comparison(field_name(part), ours, theirs)


def _compared_attributes(survivor: Customer, absorbed: Customer) -> Iterator[Comparison]:
    for key in sorted({*survivor.attributes, *absorbed.attributes}):
        ours, theirs = str(survivor.attributes.get(key, "")), str(absorbed.attributes.get(key, ""))
        yield Comparison(field_name(key), ours, theirs)


def _shown(customer: Customer, part: str, column: str) -> str:
    words = {
        "birthday": lambda: birthday_words(customer),
        "language": lambda: language_name(customer.language),
        "country": lambda: country_name(customer.country),
    }
    return words[part]() if part in words else str(getattr(customer, column))


def undoable_merges(customer: Customer) -> list[Merge]:
    recent = Q(survivor=customer, undone_at=None, merged_at__gt=timezone.now() - UNDO_WITHIN)
    return list(Merge.objects.filter(recent).select_related("absorbed").order_by("-merged_at", "-pk"))
