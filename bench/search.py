"""What the customer list asks, among a million customers, next to as many of another workspace's.

Ours is all that the page's view asks (filters, search, one page, its tags, the count) in the scope, as
crm_app under row-level security, Django included. `search_page_…` is the whole request, from session to HTML. The limit
is one statement by hand for the same fifty ids, as superuser: the trigram index or the key. All are 95th percentiles of
rounds that take turns.
"""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from bench._rounds import browser_of, report, seconds
from crm.embedded.workloads import fresh_rapport, say

if TYPE_CHECKING:
    from django.test import Client

    from bench._cases import Case

CUSTOMERS, ROUNDS = 1_000_000, 5


def main() -> None:
    with fresh_rapport() as servers:
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._cases import cases_of  # noqa: PLC0415
        from bench._crowd import fill, superuser  # noqa: PLC0415

        town, city = (Workspace.objects.create(name=name, slug=name) for name in ("town", "city"))
        started_at = time.monotonic()
        fill(servers, [town, city], count=CUSTOMERS)
        say(f"{2 * CUSTOMERS:,} customers made in {time.monotonic() - started_at:.0f} s")
        connection = superuser(servers)
        connection.autocommit = True
        with connection.cursor() as cursor:
            measure(cases_of(town, cursor, count=CUSTOMERS), cursor, browser_of(town))
        connection.close()


def measure(cases: list[Case], cursor: Any, browser: Client) -> None:
    ours: dict[str, list[float]] = defaultdict(list)
    pages: dict[str, list[float]] = defaultdict(list)
    limit: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        case.check(cursor)  # and warm up
        case.ask_page(browser)
    for _ in range(ROUNDS):
        for case in cases:
            limit[case.name].append(seconds(partial(case.ask_by_hand, cursor)))
            ours[case.name].append(seconds(case.ask))
            pages[case.name].append(seconds(partial(case.ask_page, browser)))
    report("search", ours, limit)
    report("search_page", pages, limit)


if __name__ == "__main__":
    main()
