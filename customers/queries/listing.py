"""The customer list: any filter, four sorts, and page 1,000 for the price of page 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from accounts.paging import Page, keyset_page, keyset_window
from accounts.scope import current_workspace_id
from customers.models import Customer, CustomerTag, Facts
from customers.queries.filtering import CustomerFilter, matching_customers, matching_facts
from customers.queries.searching import Found

SORTS = {"name": "sort_name", "joined": "joined_on", "last_order": "last_order_on", "spent": "spent_minor"}
DEFAULT_SORT = "-joined"
FACT_SORTS = frozenset({"last_order", "spent"})
SORTS_WITH_GAPS = frozenset({"last_order"})
MOST_COUNTED = 10_000
# At least one of a hundred in a million match where more than MOST_COUNTED do, and a page of 50 is found in here.
MOST_WALKED = 10_000
# Where in a list by facts the customers begin of whom the fact is not known.
OTHERS = "others:"
MOST_SOURCES = 50


def known_sort(sort: str) -> str:
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def customer_page(  # noqa: PLR0913  what a list can be asked
    wanted: CustomerFilter,
    found: Found | None,
    *,
    sort: str = DEFAULT_SORT,
    cursor: str = "",
    size: int = 50,
    count: int | None = None,
) -> Page[Customer]:
    """With facts and tags, by one query each. Whoever never ordered stands last, whichever way one sorts.

    `count` is what `count_up_to` says of those who match; whoever knows it already spares a query.
    """
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    pages = _Pages(wanted, found, Facts if name in FACT_SORTS else Customer, count)
    if name in SORTS_WITH_GAPS:
        page = _page_with_gaps(pages, sort=sign + SORTS[name], cursor=cursor, size=size)
    elif name in FACT_SORTS:
        facts = pages.page(Q(), sort=sign + SORTS[name], cursor=cursor, size=size)
        page = Page(_customers_of(facts.rows), facts.next_cursor)
    else:
        page = pages.page(Q(), sort=sign + SORTS[name], cursor=cursor, size=size)
        prefetch_related_objects(page.rows, "facts")
    _attach_tags(page.rows)
    return page


@dataclass(frozen=True)
class _Pages:
    """Two ways to a page: along the index that is sorted, or by sorting all who match.

    The first is short where many match and the second where few do. Which it is nobody can estimate well (who was
    tagged “lapsed” all stand at the end of the biggest spenders), so it is counted, and the first way is cut short.
    """

    wanted: CustomerFilter
    found: Found | None
    model: type[Customer | Facts]
    count: int | None

    def page(self, part: Q, *, sort: str, cursor: str, size: int) -> Page[Any]:
        of_facts = self.model is Facts
        led = (matching_facts if of_facts else matching_customers)(self.wanted, self.found).filter(part)
        if not self.wanted.names_in_use:
            return keyset_page(led, sort=sort, cursor=cursor, size=size)
        if self._are_many():
            # By index alone: of facts none says who is kept.
            kept = matching_customers(CustomerFilter(kept=self.wanted.kept), None)
            everybody = Facts.objects.filter(part) if of_facts else kept
            window = keyset_window(led, everybody, sort=sort, cursor=cursor, length=MOST_WALKED)
            page = keyset_page(window, sort=sort, cursor=cursor, size=size)
            if page.next_cursor:
                return page
        return keyset_page(led, sort=sort, cursor=cursor, size=size, is_read_whole=True)

    def _are_many(self) -> bool:
        count = count_up_to(matching_customers(self.wanted, self.found)) if self.count is None else self.count
        return count > MOST_COUNTED


def _page_with_gaps(pages: _Pages, *, sort: str, cursor: str, size: int) -> Page[Customer]:
    """Those without a value are pages of their own at the end."""
    column, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    valued, valueless = Q(**{f"{column}__isnull": False}), Q(**{f"{column}__isnull": True})
    rows: list[Facts] = []
    if not cursor.startswith(OTHERS):
        page = pages.page(valued, sort=sort, cursor=cursor, size=size)
        rows, cursor = page.rows, OTHERS
        if page.next_cursor:
            return Page(_customers_of(rows), page.next_cursor)
        if len(rows) == size:
            others = matching_facts(pages.wanted, pages.found).filter(valueless)
            return Page(_customers_of(rows), OTHERS if others.exists() else None)
    page = pages.page(valueless, sort=f"{sign}customer", cursor=cursor.removeprefix(OTHERS), size=size - len(rows))
    return Page(_customers_of([*rows, *page.rows]), f"{OTHERS}{page.next_cursor}" if page.next_cursor else None)


def _customers_of(facts: Sequence[Facts]) -> list[Customer]:
    """Joined, the customers of all that match would be read before they are sorted."""
    prefetch_related_objects(facts, Prefetch("customer", queryset=Customer.objects.all()))
    return [each.customer for each in facts]


def _attach_tags(customers: list[Customer]) -> None:
    used = CustomerTag.objects.select_related("tag").order_by("tag__name")
    prefetch_related_objects(customers, Prefetch("customer_tags", queryset=used))


def count_up_to(customers: QuerySet[Customer], most: int = MOST_COUNTED) -> int:
    """How many there are, and `most` + 1 for all that are more: nobody waits for a list to be counted to its end."""
    return customers.order_by()[: most + 1].count()


def source_channels() -> list[str]:
    """The channels that customers came through. One look into the index for each, however many customers there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with recursive channel (name) as (
                 (select min(source_channel) from customers_customer where workspace_id = %(workspace)s
                  and source_channel <> '')
                 union all
                 select (select min(source_channel) from customers_customer where workspace_id = %(workspace)s
                         and source_channel <> '' and source_channel > channel.name)
                 from channel where channel.name is not null
               ) select name from channel where name is not null limit %(most)s""",
            {"workspace": current_workspace_id(), "most": MOST_SOURCES},
        )
        return [name for (name,) in cursor.fetchall()]
