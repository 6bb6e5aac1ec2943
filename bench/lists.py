"""The lists of orders, products and messages, among a million orders and a million messages in each of two workspaces.

Ours is the whole request, from session to HTML; the limit is one statement by hand, as superuser, for the same fifty
ids. All are 95th percentiles of rounds that take turns.
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

    from bench._list_cases import ListCase

CUSTOMERS, ORDERS, ROUNDS = 200_000, 1_000_000, 5


def main() -> None:
    with fresh_rapport() as servers:
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._crowd import fill, superuser  # noqa: PLC0415
        from bench._list_cases import list_cases  # noqa: PLC0415
        from bench._trade import fill_trade  # noqa: PLC0415

        workspaces = [Workspace.objects.create(name=name, slug=name) for name in ("town", "city")]
        started_at = time.monotonic()
        fill(servers, workspaces, count=CUSTOMERS)
        fill_trade(servers, workspaces, count=ORDERS)
        say(f"{2 * ORDERS:,} orders made in {time.monotonic() - started_at:.0f} s")
        connection = superuser(servers)
        connection.autocommit = True
        with connection.cursor() as cursor:
            measure(list_cases(workspaces[0], cursor), cursor, browser_of(workspaces[0]))
        connection.close()


def measure(cases: list[ListCase], cursor: Any, browser: Client) -> None:
    ours: dict[str, list[float]] = defaultdict(list)
    limit: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        case.check(cursor, browser)  # and warm up
    for _ in range(ROUNDS):
        for case in cases:
            limit[case.name].append(seconds(partial(case.ask_by_hand, cursor)))
            ours[case.name].append(seconds(partial(case.ask, browser)))
    report("list", ours, limit)


if __name__ == "__main__":
    main()
