"""500,000 customers from CSV files: read, cleaned, checked, de-duplicated, written, with their facts, ids and events.

`import_customers` is held against a bare COPY of the same customers into a table with the same columns and indexes;
`import_customers_beside` against COPY of everything that is written, event and facts and external id of each included.
One line in twenty is about somebody who stood further up. What is measured is the importing, after the check.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from crm.embedded.workloads import fresh_rapport

ROUNDS, LINES = 10, 50_000
COLUMNS = ("Customer number", "Name", "E-mail", "Phone", "Birthday", "Street", "City", "Customer since")


def main() -> None:
    with fresh_rapport():
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._files import Twin, bring_in, file_of, result  # noqa: PLC0415

        shop = Workspace.objects.create(name="Shop", slug="shop", zone="Europe/Berlin", currency="EUR")
        people = Twin("customers_customer")
        beside = [Twin("customers_facts", key="customer_id"), Twin("customers_externalid"), Twin("timeline_event")]
        seconds, created = 0.0, 0
        for at in range(ROUNDS):
            source, spent = bring_in(shop, kind="customers", content=file_of(COLUMNS, lines_of(at)))
            assert (source.rows_refused, source.rows_read) == (0, LINES), source.error
            seconds += spent
            created += source.rows_created
            for twin in (people, *beside):
                twin.catch_up()
        assert people.rows == created == ROUNDS * LINES * 19 // 20
        lines = ROUNDS * LINES
        print(result("import_customers", lines=lines, seconds=seconds, limit=[people]))
        print(result("import_customers_beside", lines=lines, seconds=seconds, limit=[people, *beside]))


def lines_of(at: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(at)
    first = at * LINES
    for number in range(first, first + LINES * 19 // 20):
        person = (
            f"K-{number}",
            f"{chance.choice(FIRST)} {chance.choice(LAST)}{number % 997}",
            f"person{number}@mail.example",
            f"+49 30 {2_000_000 + number}",
            f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}",
            f"Lindenweg {number % 200}",
            chance.choice(CITIES),
            f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02}",
        )
        yield person
        if number % 19 == 0:
            yield person


FIRST = "Anna Ben Clara David Emma Finn Greta Hugo Ida Jonas Klara Leo Mia Noah Olga Paul Rosa Sven Tara Uwe".split()
LAST = "Adler Busch Conrad Dietz Ebert Fuchs Graf Haas Imhof Jung Keller Lang Moser Nagel Otto Pohl Roth Sommer".split()
CITIES = "Berlin Bonn Bremen Dresden Essen Hamburg Jena Kassel Köln Lübeck Mainz Ulm".split()

if __name__ == "__main__":
    main()
