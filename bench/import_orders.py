"""500,000 orders of 50,000 customers from CSV files: read, checked, matched with their customers, written, with events.

`import_orders` is held against a bare COPY of the same orders into a table with the same columns and indexes;
`import_orders_beside` against COPY of everything that is written, both events of each order included.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from crm.embedded.workloads import fresh_rapport

ROUNDS, LINES, CUSTOMERS = 10, 50_000, 50_000
COLUMNS = ("Order number", "Date", "Customer number", "Channel", "Units", "Total")


def main() -> None:
    with fresh_rapport():
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._files import Twin, bring_in, file_of, result  # noqa: PLC0415

        shop = Workspace.objects.create(name="Shop", slug="shop", zone="Europe/Berlin", currency="EUR")
        people = ((f"K-{number}", f"Customer {number}") for number in range(CUSTOMERS))
        bring_in(shop, kind="customers", content=file_of(("Customer number", "Name"), people))
        orders, events = Twin("sales_order"), Twin("timeline_event")
        events.catch_up()
        events.seconds = 0
        seconds = 0.0
        for at in range(ROUNDS):
            source, spent = bring_in(shop, kind="orders", content=file_of(COLUMNS, lines_of(at)))
            assert (source.rows_refused, source.rows_created) == (0, LINES), source.error
            seconds += spent
            orders.catch_up()
            events.catch_up()
        lines = ROUNDS * LINES
        assert orders.rows == lines
        print(result("import_orders", lines=lines, seconds=seconds, limit=[orders]))
        print(result("import_orders_beside", lines=lines, seconds=seconds, limit=[orders, events]))


def lines_of(at: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(at)
    for number in range(at * LINES, (at + 1) * LINES):
        day = f"20{15 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02} {number % 24:02}:{number % 60:02}"
        amount = f"{chance.randrange(200, 20_000) / 100:.2f}"
        yield f"A-{number}", day, f"K-{chance.randrange(CUSTOMERS)}", chance.choice(CHANNELS), 1 + number % 5, amount


CHANNELS = ("shop", "web", "market")

if __name__ == "__main__":
    main()
