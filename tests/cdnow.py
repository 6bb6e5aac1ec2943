"""A real shop: all 23,570 customers who first bought at CDNOW in early 1997, and their 69,659 orders until mid-1998.

The data have no licence of their own, so they are read from the development dependency `lifetimes` and not kept here.
Every order has a number, which is its line in the data: two of one customer on one day are two.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

CUSTOMERS, ORDERS, UNITS, SPENT_MINOR = 23_570, 69_659, 167_881, 250_031_563
BOUGHT_ON_TWO_DAYS = 11_516
COHORTS = {
    date(1997, 1, 1): [7846, 1157, 964, 810],
    date(1997, 2, 1): [8476, 1312, 980, 783],
    date(1997, 3, 1): [7248, 1032, 752, 756],
}
"""Who bought first in that month, and how many of them bought in the months 1 to 3 after it."""

CUSTOMER_COLUMNS = ("Customer number", "Customer since")
ORDER_COLUMNS = ("Order number", "Date", "Customer number", "Units", "Total")


@dataclass(frozen=True, slots=True)
class Purchase:
    number: int
    customer: str
    day: date
    units: int
    dollars: str


def purchases() -> Iterator[Purchase]:
    """All orders, in the order of the data: by customer, then by day."""
    package = find_spec("lifetimes")
    assert package is not None
    assert package.origin is not None
    lines = (Path(package.origin).parent / "datasets" / "CDNOW_master.txt").read_text().splitlines()
    for number, line in enumerate(lines[1:], start=1):
        customer, day, units, dollars = line.split()
        yield Purchase(number, customer, date.fromisoformat(day), int(units), dollars)


def joined() -> dict[str, date]:
    """Each customer with the day of their first order."""
    first: dict[str, date] = {}
    for purchase in purchases():
        first[purchase.customer] = min(purchase.day, first.get(purchase.customer, purchase.day))
    return first


def write_files(folder: Path) -> tuple[Path, Path]:
    """`customers.csv` and `orders.csv`, as a shop's software would export them."""
    people = ((customer, day.isoformat()) for customer, day in joined().items())
    orders = ((each.number, each.day.isoformat(), each.customer, each.units, each.dollars) for each in purchases())
    return (
        _written(folder / "customers.csv", CUSTOMER_COLUMNS, people),
        _written(folder / "orders.csv", ORDER_COLUMNS, orders),
    )


def _written(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path
