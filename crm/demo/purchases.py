"""What the neighbours bought: an order for each visit, at the hours when the bakery is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from crm.demo.people import Neighbour, pick
from crm.demo.words import CHANNELS, PRODUCTS
from sales.upserting.rows import OrderLineRow, OrderRow

CLOSED_ON = 0  # Monday
OPENS, CLOSES = 7, 18
MOST_KINDS = 4
CAFE_GUESTS = 8  # a café buys what so many neighbours would
STOLLEN, STOLLEN_MONTHS = "PA-STO", {11, 12}


def purchases(chance: Random, people: list[Neighbour], *, now: datetime, zone: ZoneInfo) -> list[OrderRow]:
    """All orders, the oldest first, numbered in that order."""
    visits = sorted(
        (visit, number)
        for number, neighbour in enumerate(people)
        for visit in _visits(chance, neighbour, zone)
        if visit < now
    )
    return [
        _order(chance, f"B-{position:06d}", people[number], visit)
        for position, (visit, number) in enumerate(visits, start=1)
    ]


def _visits(chance: Random, neighbour: Neighbour, zone: ZoneInfo) -> Iterator[datetime]:
    day = neighbour.joined_on
    while day <= neighbour.until:
        if day.weekday() != CLOSED_ON:
            yield _opening_hour(chance, day, zone)
        if not neighbour.visits_every:
            return
        day += timedelta(days=max(1, round(chance.expovariate(1 / neighbour.visits_every))))


def _opening_hour(chance: Random, day: date, zone: ZoneInfo) -> datetime:
    """Most come in the morning."""
    hour = OPENS + (CLOSES - OPENS) * chance.betavariate(1.4, 3)
    return datetime.combine(day, time(int(hour), int(hour % 1 * 60)), zone)


def _order(chance: Random, number: str, neighbour: Neighbour, placed_at: datetime) -> OrderRow:
    lines = _lines(chance, placed_at, times=CAFE_GUESTS if neighbour.is_wholesale else 1)
    total = sum(line.quantity * (line.unit_price_minor or 0) for line in lines)
    channel = pick(chance, CHANNELS)
    return OrderRow(
        number=number,
        placed_at=placed_at,
        total_minor=total,
        customer_external_id=neighbour.row.external_id,
        channel=channel,
        lines=lines,
        paid_at=placed_at,
        fulfilled_at=placed_at if channel in {"shop", "market"} else placed_at + timedelta(days=1),
    )


def _lines(chance: Random, placed_at: datetime, *, times: int) -> list[OrderLineRow]:
    offered = [product for product in PRODUCTS if product[0] != STOLLEN or placed_at.month in STOLLEN_MONTHS]
    kinds = chance.choices(offered, [product[4] for product in offered], k=chance.randint(1, MOST_KINDS))
    return [
        OrderLineRow(
            sku=sku,
            name=name,
            category=category,
            quantity=times * (chance.randint(2, 6) if category == "Rolls" else 1),
            unit_price_minor=price,
        )
        for sku, name, category, price, _ in dict.fromkeys(kinds)
    ]
