"""The customer list: any filter, four sorts, and page 1,000 for the price of page 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet

from accounts.paging import Page, counted_page, keyset_page, keyset_walk
from accounts.scope import current_workspace_id
from customers.models import Customer, CustomerTag, Facts, customer_called
from customers.queries.filtering import (
    Among,
    CustomerFilter,
    customers_along,
    facts_along,
    matching_customers,
    matching_facts,
    side_of,
)
from customers.queries.searching import Found

SORTS = {"name": "sort_name", "joined": "joined_on", "last_order": "last_order_on", "spent": "spent_minor"}
DEFAULT_SORT = "-joined"
FACT_SORTS = frozenset({"last_order", "spent"})
SORTS_WITH_GAPS = frozenset({"last_order"})
# How many are counted: of everybody, whom an index counts in 1 ms, and of those who match a filter, in 4.
MOST_COUNTED = 10_000
MOST_MATCHING_COUNTED = 1_000
# Where no more match, they are all read and sorted to find a page.
MOST_SORTED = 10_000
# How many are looked at along a sort for each row of the page, in the hope that one in so many matches: 1 to 3 ms.
WALKED_PER_ROW = 80
# The same where more than MOST_SORTED match, and to sort them all would take longer.
WALKED_PER_ROW_OF_MANY = 800
# Of the ids that one filter alone leaves, so many are looked up at once for each that may match: some are put away.
BY_SIDE_FOR_ONE = 1.2
# Where in a list by facts the customers begin of whom the fact is not known.
OTHERS = "others:"
MOST_SOURCES = 50
_LISTED = ("pk", "name", "email", "phone", "joined_on")
_LISTED_FACTS = ("facts__last_order_on", "facts__orders_count", "facts__spent_minor")


@dataclass(frozen=True)
class ListedCustomer:
    """What a list shows of a customer. Whole customers with their facts would take it three times as long."""

    pk: int
    name: str
    email: str
    phone: str
    joined_on: date
    last_order_on: date | None
    orders_count: int | None
    spent_minor: int | None
    tag_names: list[str]

    def __str__(self) -> str:
        return customer_called(self.name, self.email, self.phone, self.pk)


@dataclass(frozen=True)
class CustomerPage:
    """`count`: how many match, but where it is above `most_counted` there may be any number more."""

    rows: list[ListedCustomer]
    next_cursor: str | None
    count: int
    most_counted: int


def known_sort(sort: str) -> str:
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def customer_page(
    wanted: CustomerFilter, found: Found | None, *, sort: str = DEFAULT_SORT, cursor: str = "", size: int = 50
) -> CustomerPage:
    """Whoever never ordered stands last, whichever way one sorts by orders."""
    pages = _pages(wanted, found, sort)
    page = _page(pages, sort=sort, cursor=cursor, size=size)
    count = pages.count if cursor or page.next_cursor else len(page.rows)
    return CustomerPage(_listed(row.pk for row in page.rows), page.next_cursor, count, pages.most_counted)


def customer_batch(wanted: CustomerFilter, found: Found | None, *, sort: str, cursor: str, size: int) -> Page[Customer]:
    """The same page, uncounted, of whole customers with their facts and `tag_names`."""
    page = _page(_pages(wanted, found, sort), sort=sort, cursor=cursor, size=size)
    customers = Customer.objects.select_related("facts").annotate(tag_names=_tag_names())
    whole = customers.in_bulk([row.pk for row in page.rows])
    return Page([whole[row.pk] for row in page.rows], page.next_cursor)


class _Pages:
    """Two ways to a page: along the index that is sorted, or by sorting all who match.

    The first is short where many match and the second where few do. Which it is nobody can estimate well (who was
    tagged “lapsed” all stand at the end of the biggest spenders), so the first is tried, and cut short.
    """

    def __init__(self, wanted: CustomerFilter, found: Found | None, model: type[Customer | Facts]) -> None:
        self._wanted, self._found, self._model = wanted, found, model
        self._side = side_of(wanted) if found is None else None
        self.most_counted = MOST_MATCHING_COUNTED if wanted.names_in_use else MOST_COUNTED

    @cached_property
    def count(self) -> int:
        return self._count_up_to(self.most_counted)

    def _count_up_to(self, most: int) -> int:
        if self._side is None:
            return count_up_to(self._customers(), most)
        count = count_up_to(self._by_side(most), most)
        return count if count > most or self._has_whole_side(most) else count_up_to(self._customers(), most)

    def _has_whole_side(self, most: int) -> bool:
        assert self._side is not None  # noqa: S101  for mypy
        looked_up = int(most * BY_SIDE_FOR_ONE)
        return count_up_to(self._side.ids, looked_up) <= looked_up

    def _by_side(self, most: int) -> QuerySet[Customer]:
        """Those who match, looked up neighbour by neighbour; only some of them if the side is not whole."""
        assert self._side is not None  # noqa: S101  for mypy
        among = Among("pk", self._side.ids[: int(most * BY_SIDE_FOR_ONE)])
        return matching_customers(self._side.rest, None).filter(among)

    def _customers(self) -> QuerySet[Customer]:
        return matching_customers(self._wanted, self._found)

    def page(self, part: Q | None = None, *, sort: str, cursor: str, size: int) -> Page[Any]:
        """Of those in `part`. Of the rows no more is read than what they are sorted by."""
        asked: dict[str, Any] = {"sort": sort, "cursor": cursor, "size": size}
        rows = self.matching(part).only(sort.removeprefix("-"))
        if not self._wanted.names_in_use:
            return keyset_page(rows, **asked)
        # Whom a search found are few.
        if self._found is None and (page := self._walked(rows, part, WALKED_PER_ROW, asked)):
            return page
        if part is None:
            if self._side and self._model is Customer and self._has_whole_side(MOST_SORTED):
                rows = self._by_side(MOST_SORTED).only(sort.removeprefix("-"))
            page, self.count = counted_page(rows, **asked, most=MOST_SORTED)
            if self.count <= MOST_SORTED:
                return page
        elif self._count_up_to(MOST_SORTED) <= MOST_SORTED:
            return keyset_page(rows, **asked, is_read_whole=True)
        return self._walked(rows, part, WALKED_PER_ROW_OF_MANY, asked) or keyset_page(rows, **asked, is_read_whole=True)

    def matching(self, part: Q | None) -> QuerySet[Any]:
        led = matching_facts(self._wanted, self._found) if self._model is Facts else self._customers()
        return led if part is None else led.filter(part)

    def _walked(self, rows: QuerySet[Any], part: Q | None, per_row: int, asked: dict[str, Any]) -> Page[Any] | None:
        along = facts_along if self._model is Facts else customers_along
        everybody: QuerySet[Any] = along(asked["sort"].removeprefix("-"), self._wanted)
        among = everybody if part is None else everybody.filter(part)
        return keyset_walk(rows, among, **asked, length=per_row * asked["size"])


def _page_with_gaps(pages: _Pages, *, sort: str, cursor: str, size: int) -> Page[Any]:
    """Those without a value are pages of their own at the end."""
    column, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    valued, valueless = Q(**{f"{column}__isnull": False}), Q(**{f"{column}__isnull": True})
    rows: list[Any] = []
    if not cursor.startswith(OTHERS):
        page = pages.page(valued, sort=sort, cursor=cursor, size=size)
        rows, cursor = page.rows, OTHERS
        if page.next_cursor:
            return page
        if len(rows) == size:
            return Page(rows, OTHERS if pages.matching(valueless).exists() else None)
    page = pages.page(valueless, sort=f"{sign}customer", cursor=cursor.removeprefix(OTHERS), size=size - len(rows))
    return Page([*rows, *page.rows], f"{OTHERS}{page.next_cursor}" if page.next_cursor else None)


def _pages(wanted: CustomerFilter, found: Found | None, sort: str) -> _Pages:
    return _Pages(wanted, found, Facts if sort.removeprefix("-") in FACT_SORTS else Customer)


def _page(pages: _Pages, *, sort: str, cursor: str, size: int) -> Page[Any]:
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    find = _page_with_gaps if name in SORTS_WITH_GAPS else _Pages.page
    return find(pages, sort=sign + SORTS[name], cursor=cursor, size=size)


def _listed(ids: Iterable[int]) -> list[ListedCustomer]:
    """In the order of `ids`. Joined to what finds the page, all that match would be read before they are sorted."""
    order = {pk: place for place, pk in enumerate(ids)}
    rows = Customer.objects.filter(Among("pk", list(order))).values_list(*_LISTED, *_LISTED_FACTS, _tag_names())
    return sorted((ListedCustomer(*row) for row in rows), key=lambda customer: order[customer.pk])


def _tag_names() -> ArraySubquery:
    tags = CustomerTag.objects.filter(customer=OuterRef("pk")).order_by("tag__name").values("tag__name")
    return ArraySubquery(tags)


def count_up_to(customers: QuerySet[Any, Any], most: int) -> int:
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
