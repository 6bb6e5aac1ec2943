"""The questions of `bench/search.py`: a query string of the customer list, and the same rows asked for by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import QueryDict
from django.test import Client

from accounts.models import Membership, Role, Workspace
from accounts.paging import cursor_after
from accounts.scope import workspace_scope
from customers.models import Customer, Facts, Tag
from customers.queries.searching import SHORTEST_INFIX
from customers.views.lists import listed

SIZE = 50
_KEPT = "c.merged_into_id is null and c.erased_at is null and c.archived_at is null and not c.is_anonymous"
_FROM = "customers_customer c join customers_facts f on f.workspace_id = c.workspace_id and f.customer_id = c.id"
_COLUMNS = {"joined": "c.joined_on", "name": "c.sort_name", "spent": "f.spent_minor", "last_order": "f.last_order_on"}


@dataclass(frozen=True)
class Case:
    """`asked` is the page's query string; `condition` with its `values`, what the statement by hand asks for."""

    name: str
    workspace: Workspace
    asked: str
    condition: str = ""
    values: tuple[Any, ...] = ()
    sort: str = "-joined"
    # Misspelt, or too many to be looked at: the statement by hand finds others.
    is_alike: bool = True

    def ask(self) -> dict[str, Any]:
        with workspace_scope(self.workspace):
            return listed(QueryDict(self.asked), Membership(role=Role.OWNER))

    def ask_page(self, browser: Client) -> None:
        """The same question as a whole request: session, member, filters, rows, templates."""
        answer = browser.get(f"/w/{self.workspace.slug}/customers/?{self.asked}")
        assert answer.status_code == HTTPStatus.OK, f"{self.name}: {self.asked}"

    def ask_by_hand(self, cursor: Any) -> list[int]:
        column, way = _COLUMNS[self.sort.removeprefix("-")], "desc" if self.sort.startswith("-") else "asc"
        # Plain columns of facts follow their own index only if they are sorted by the facts' key.
        key = "f.customer_id" if column.startswith("f.") else "c.id"
        statement = (
            f"select c.id from {_FROM} where c.workspace_id = %s and f.workspace_id = %s and {_KEPT} "  # noqa: S608  all of it is written here
            f"and {column} is not null {self.condition} "
            f"order by {column} {way}, {key} {way} limit {SIZE}"
        )
        cursor.execute(statement, [self.workspace.pk, self.workspace.pk, *self.values])
        return [pk for (pk,) in cursor.fetchall()]

    def check(self, cursor: Any) -> None:
        answer = self.ask()
        found = [customer.pk for customer in answer["customers"]]
        is_cut = answer["found"] is not None and answer["found"].is_cut
        by_hand = self.ask_by_hand(cursor) if self.is_alike and not is_cut else []
        if is_cut:
            assert len(found) == SIZE, f"{self.name}: {self.asked}"
        elif by_hand:
            # Whoever has nothing to be sorted by stands after them.
            assert found[: len(by_hand)] == by_hand, f"{self.name}: {self.asked}"
        elif self.is_alike:
            assert not found or answer["found"].is_close, f"{self.name}: {self.asked}"
        else:
            assert bool(found) != (self.name == "no_match"), f"{self.name}: {self.asked}"


def cases_of(town: Workspace, cursor: Any, *, count: int) -> list[Case]:
    """For a town of `count` customers."""
    return [*_searches(town, cursor, count), *_sorts(town, deep=count // 2), *_filters(town)]


def _searches(town: Workspace, cursor: Any, count: int) -> Iterator[Case]:
    cursor.execute(
        "select email_norm, phone_norm from customers_customer where workspace_id = %s and email_norm <> '' "
        "and phone_norm <> '' and archived_at is null order by id limit 4 offset %s",
        [town.pk, count // 4],
    )
    people = cursor.fetchall()
    for email, phone in people:
        yield Case("exact_email", town, f"q={email}", "and c.email_norm = %s", (email,))
        yield _search("partial_email", town, email.partition("@")[0].partition(".")[2])
        yield _search("phone_digits", town, phone[6:])
        yield _search("phone_written", town, f"0{phone[3:6]} {phone[6:]}", phone[3:])
    for words in ("wiesenhofer", "xeni", "lichtenow", "agnes w"):
        yield _search("name_prefix", town, words)
    for words in ("mar", "schmidt", "a", "mail.example"):
        yield _search("many", town, words)
    for words in ("maria schneider", "jens grubenberg", "ayse ozturk", "weber anja", "birgit kampfeld"):
        yield _search("two_words", town, words)
    for words in ("an mu", "ze wi", "xe z", "jo sc"):
        yield _search("two_short_words", town, words)
    for words in ("shcneider", "wiesenhoffer", "maria schnieder", "mraia", "kapmfeld birgit", "lihctenow"):
        yield Case("misspelt", town, f"q={words}", "and c.sort_name %%> %s", (words,), is_alike=False)
    for words in ("xyzzyqwfp", "maria xyzzyqwfp", "zzzzqq@nowhere.example"):
        yield Case("no_match", town, f"q={words}", "and c.search_text like %s", (f"%{words}%",), is_alike=False)


def _search(name: str, town: Workspace, words: str, kept: str = "") -> Case:
    """By hand, every word stands somewhere; of short words, at the beginning of another."""
    sought = [(word, len(word) >= SHORTEST_INFIX) for word in (kept or words).split()]
    columns = ("c.search_text" if is_long else "customers_spaced(c.sort_name)" for _, is_long in sought)
    patterns = tuple(f"%{word}%" if is_long else f"% {word}%" for word, is_long in sought)
    condition = "".join(f" and {column} like %s" for column in columns)
    return Case(name, town, f"q={words}", condition, patterns)


def _sorts(town: Workspace, *, deep: int) -> Iterator[Case]:
    for sort, column in _COLUMNS.items():
        for sign in ("", "-"):
            yield Case(f"sort_{sort}", town, f"sort={sign}{sort}", sort=f"{sign}{sort}")
            cursor, position = _deep_cursor(town, sort, sign, deep)
            key = "f.customer_id" if column.startswith("f.") else "c.id"
            beyond = f"and ({column}, {key}) {'<' if sign else '>'} (%s, %s)"
            asked = f"sort={sign}{sort}&cursor={cursor}"
            yield Case(f"sort_{sort}_deep", town, asked, beyond, position, sort=f"{sign}{sort}")


def _deep_cursor(town: Workspace, sort: str, sign: str, deep: int) -> tuple[str, tuple[Any, int]]:
    column = _COLUMNS[sort].partition(".")[2]
    with workspace_scope(town):
        rows: Any = Facts.objects if sort in {"spent", "last_order"} else Customer.objects
        row = rows.filter(**{f"{column}__isnull": False}).order_by(f"{sign}{column}", f"{sign}pk")[deep]
        return cursor_after(row, column), (getattr(row, column), row.pk)


def _filters(town: Workspace) -> Iterator[Case]:
    with workspace_scope(town):
        tags = dict(Tag.objects.values_list("name", "pk"))
    tagged = (
        "and exists (select from customers_customertag t "
        "where t.workspace_id = c.workspace_id and t.customer_id = c.id and t.tag_id = %s)"
    )
    month, day = ("2019-03-01", "2019-03-31"), "2019-03-01"
    filters: dict[str, tuple[str, str, tuple[Any, ...]]] = {
        **{f"tag_{name}": (f"tag={pk}", tagged, (pk,)) for name, pk in tags.items()},
        "source_rare": ("source=fair", "and c.source_channel = 'fair'", ()),
        "source_common": ("source=web", "and c.source_channel = 'web'", ()),
        "spent_much": ("spent_from=1500", "and f.spent_minor >= 150000", ()),
        "never_ordered": ("orders_to=0", "and f.orders_count <= 0", ()),
        "ordered_often": ("orders_from=75", "and f.orders_count >= 75", ()),
        "joined_a_month": (
            f"joined_from={month[0]}&joined_to={month[1]}",
            "and c.joined_on between %s and %s",
            month,
        ),
        "first_order_a_day": (f"first_order_from={day}&first_order_to={day}", "and f.first_order_on = %s", (day,)),
    }
    for name, (asked, condition, values) in filters.items():
        for sort in ("-joined", "name", "-spent", "-last_order"):
            if (name, sort) == ("never_ordered", "-last_order"):
                continue  # nobody of them has a day to be sorted by
            yield Case(f"{name}_by_{sort.strip('-')}", town, f"{asked}&sort={sort}", condition, values, sort=sort)
