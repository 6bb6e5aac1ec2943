"""The customer list: any filter, four sorts, and page 1,000 for the price of page 1."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from accounts.paging import Page, keyset_page
from accounts.scope import current_workspace_id
from customers.models import Customer, CustomerTag, Facts
from customers.queries.filtering import CustomerFilter, matching_customers, matching_facts
from customers.queries.searching import Found

SORTS = {"name": "sort_name", "joined": "joined_on", "last_order": "last_order_on", "spent": "spent_minor"}
DEFAULT_SORT = "-joined"
FACT_SORTS = frozenset({"last_order", "spent"})
MOST_COUNTED = 10_000
# Where in a list by facts the customers begin of whom the fact is not known.
OTHERS = "others:"
MOST_SOURCES = 50


def known_sort(sort: str) -> str:
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def customer_page(
    wanted: CustomerFilter, found: Found | None, *, sort: str = DEFAULT_SORT, cursor: str = "", size: int = 50
) -> Page[Customer]:
    """With facts and tags, by one query each. Whoever never ordered stands last, whichever way one sorts."""
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    column = sign + SORTS[name]
    if name in FACT_SORTS:
        page = _page_by_facts(matching_facts(wanted, found), sort=column, cursor=cursor, size=size)
    else:
        # Joined, the facts of all that match would be read before they are sorted; so they are read for the page.
        customers = matching_customers(wanted, found).prefetch_related("facts")
        page = keyset_page(customers, sort=column, cursor=cursor, size=size)
    _attach_tags(page.rows)
    return page


def _page_by_facts(matching: QuerySet[Facts], *, sort: str, cursor: str, size: int) -> Page[Customer]:
    """Those without a value are pages of their own at the end."""
    column, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    facts = matching.select_related("customer")
    valued, others = facts.filter(**{f"{column}__isnull": False}), facts.filter(**{f"{column}__isnull": True})
    rows: list[Facts] = []
    if not cursor.startswith(OTHERS):
        page = keyset_page(valued, sort=sort, cursor=cursor, size=size)
        rows, cursor = page.rows, OTHERS
        if page.next_cursor:
            return Page(_customers_of(rows), page.next_cursor)
        if len(rows) == size:
            return Page(_customers_of(rows), OTHERS if others.exists() else None)
    page = keyset_page(others, sort=f"{sign}customer", cursor=cursor.removeprefix(OTHERS), size=size - len(rows))
    return Page(_customers_of([*rows, *page.rows]), f"{OTHERS}{page.next_cursor}" if page.next_cursor else None)


def _customers_of(facts: Iterable[Facts]) -> list[Customer]:
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
