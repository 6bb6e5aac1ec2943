"""Two thousand neighbours, and how often each of them fancies bread."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

import msgspec

from crm.demo.words import FIRST_NAMES, LAST_NAMES, MAIL_HOSTS, QUARTERS, SOURCES, STREETS
from customers.upserting.rows import CustomerRow

MONTHS_OF_HISTORY = 18
# Mean days between two visits, and how many of the neighbours are like that.
HABITS = ((5, 10), (9, 16), (20, 24), (45, 26), (0, 24))
KNOWN_BIRTHDAYS, STILL_COMING = 0.72, 0.72
FILM_NUMBERS = 900
WHOLESALE = "Wholesale"
# Whoever comes every so many days is known by name at the counter, after so many.
REGULAR, KNOWN_AFTER = 9, 60
TAGGED = (("Bread club", 0.06), ("Gluten-free", 0.04), ("Nut allergy", 0.03))
# One of so many is a café that buys for its guests; one of so many has their birthday today.
WHOLESALE_EVERY, BIRTHDAY_EVERY = 150, 500


@dataclass(frozen=True)
class Neighbour:
    """`visits_every` days on average; 0 comes once. `until` is when they stopped coming."""

    row: CustomerRow
    joined_on: date
    until: date
    visits_every: int

    @property
    def is_wholesale(self) -> bool:
        return WHOLESALE in self.row.tags


def neighbours(chance: Random, *, count: int, today: date) -> list[Neighbour]:
    start = today - timedelta(days=round(MONTHS_OF_HISTORY * 30.4))
    # More join as the bakery becomes known: the square root leans the days towards now.
    days = (today - start).days
    joined = sorted(start + timedelta(days=int(days * chance.random() ** 0.75)) for _ in range(count))
    return [_neighbour(chance, number, joined_on, today) for number, joined_on in enumerate(joined)]


def _neighbour(chance: Random, number: int, joined_on: date, today: date) -> Neighbour:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    email = f"{_ascii(first)}.{_ascii(last)}{number}@{chance.choice(MAIL_HOSTS)}"
    birthday = date(1940, 1, 1) + timedelta(days=chance.randrange(67 * 365))
    is_known = chance.random() < KNOWN_BIRTHDAYS
    has_birthday = number % BIRTHDAY_EVERY == BIRTHDAY_EVERY // 10
    # The numbers that Berlin sets aside for films.
    phone = f"+493023125{number:03d}" if number < FILM_NUMBERS else ""
    row = CustomerRow(
        external_id=f"card-{number + 1:05d}",
        name=f"{first} {last}",
        email=email,
        email_norm=email,
        phone=phone,
        phone_norm=phone,
        language="de" if chance.random() < 0.8 else "en",  # noqa: PLR2004  four of five
        birth_monthday=monthday(today) if has_birthday else monthday(birthday) if is_known else None,
        # Three of five, but a year without 29 February must not get that day.
        birth_year=birthday.year if is_known and chance.random() < 0.6 and not has_birthday else None,  # noqa: PLR2004
        joined_on=joined_on,
        address=f"{chance.choice(STREETS)} {chance.randrange(1, 140)}",
        city="Berlin",
        postal_code=pick(chance, QUARTERS),
        country="DE",
        source_channel=pick(chance, SOURCES),
        attributes={"favourite": chance.choice(["Rye sourdough", "Croissant", "Cinnamon bun", "Pretzel"])}
        if chance.random() < 0.2  # noqa: PLR2004  one of five told us
        else {},
    )
    habit = pick(chance, HABITS)
    is_coming = chance.random() < STILL_COMING
    left_on = joined_on + timedelta(days=chance.randrange(1, max(2, (today - joined_on).days)))
    row = msgspec.structs.replace(row, tags=_tags(number, habit if is_coming else 0, (today - joined_on).days))
    return Neighbour(row, joined_on, today if is_coming else left_on, habit)


def _tags(number: int, visits_every: int, days_known: int) -> list[str]:
    """By a chance of their own, so that another tag changes nothing else."""
    if visits_every and number % WHOLESALE_EVERY == 1:
        return [WHOLESALE]
    chance = Random(f"tags of {number}")  # noqa: S311  the same tags every time
    tags = [tag for tag, share in TAGGED if chance.random() < share]
    is_regular = 0 < visits_every <= REGULAR and days_known > KNOWN_AFTER
    return ["Regular", *tags] if is_regular else tags


Choice = TypeVar("Choice")


def pick(chance: Random, weighted: tuple[tuple[Choice, int], ...]) -> Choice:
    values, weights = zip(*weighted, strict=True)
    chosen: Choice = chance.choices(values, weights)[0]
    return chosen


def monthday(day: date) -> int:
    return day.month * 100 + day.day


def _ascii(name: str) -> str:
    plain = name.replace("ß", "ss").replace("ł", "l").lower()
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
