"""How many a rule means, and a few of them: told while somebody is still writing it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, Min

from accounts.scope import current_workspace_id
from customers.models import Customer
from customers.models.customers import IS_LISTED
from customers.segments.compiling import Understood
from customers.segments.fields import Frame
from customers.segments.membership import local_today
from customers.staging import fetch

SHOWN = 5
COUNTED_AT_ONCE = 20_000
"""Up to so many customers in the workspace all are asked; of more, first a sample."""
_PLACES, _NEIGHBOURS = 100, 50


@dataclass(frozen=True)
class Preview:
    """`count` is about right only, if `is_estimate`. `is_everybody`: none of those who were looked at was left out."""

    count: int
    is_estimate: bool
    is_everybody: bool
    customers: list[Customer]


def preview(rule: Understood) -> Preview:
    """By a sample where all are too many to be asked while somebody types."""
    listed = _listed_count()
    if listed <= COUNTED_AT_ONCE:
        return exact_preview(rule)
    sample = _sample()
    found = list(rule.customers(Frame(local_today(), sample, is_raw=True)).order_by("pk").values_list("pk", flat=True))
    share = len(found) / max(len(sample), 1)
    return Preview(
        _rounded(share * listed),
        is_estimate=True,
        is_everybody=0 < len(found) == len(sample),
        customers=_customers(found[:SHOWN]),
    )


def exact_preview(rule: Understood) -> Preview:
    customers = rule.customers(Frame(local_today()))
    count = customers.count()
    return Preview(
        count,
        is_estimate=False,
        is_everybody=0 < count == Customer.objects.filter(IS_LISTED).count(),
        customers=_customers(customers.order_by("-pk").values_list("pk", flat=True)[:SHOWN]),
    )


def _customers(ids: Iterable[int]) -> list[Customer]:
    """In that order. Read once it is known who they are: sorted whole, all who match would be."""
    shown = list(ids)
    found = Customer.objects.in_bulk(shown)
    return [found[pk] for pk in shown]


def _rounded(count: float) -> int:
    """Two digits are all that a sample of some thousands can tell."""
    whole = round(count)
    return round(whole, 2 - len(str(whole))) if whole >= 100 else whole  # noqa: PLR2004  two digits already


def _listed_count() -> int:
    """What the planner knows where it would take long to count; at least one more than COUNTED_AT_ONCE then."""
    listed = Customer.objects.present().known()
    counted = listed.order_by().values("pk")[: COUNTED_AT_ONCE + 1].count()
    return counted if counted <= COUNTED_AT_ONCE else max(counted, _customers_expected())


def _customers_expected() -> int:
    ((plan,),) = fetch(
        """explain (format json) select from customers_customer where workspace_id = %s and merged_into_id is null
           and erased_at is null and archived_at is null and not is_anonymous""",
        [current_workspace_id()],
    )
    return int(plan[0]["Plan"]["Plan Rows"])


def _sample() -> list[int]:
    """Neighbours from places all over the workspace, found by the key: a few milliseconds of a million."""
    bounds = Customer.objects.aggregate(first=Min("pk"), last=Max("pk"))
    chance = random.Random(bounds["last"])  # noqa: S311  the same rule is estimated alike from one key to the next
    places = [chance.randint(bounds["first"], bounds["last"]) for _ in range(_PLACES)]
    found = fetch(
        """select distinct near.id from unnest(%s::bigint[]) as place cross join lateral (
             select id from customers_customer where workspace_id = %s and id >= place and merged_into_id is null
             and erased_at is null and archived_at is null and not is_anonymous order by id limit %s
           ) as near""",
        [places, current_workspace_id(), _NEIGHBOURS],
    )
    return sorted(pk for (pk,) in found)
