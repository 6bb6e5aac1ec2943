"""What the neighbours looked at on the bakery's website: its snippet tells of those who are signed in to their card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from crm.demo.letters import SITE
from crm.demo.people import Neighbour
from crm.demo.words import PRODUCTS
from customers.actions.upsert import SHOP
from customers.ingesting.telling import ToldEvent
from sales.actions import add_product, edit_website, make_identity_secret
from sales.actions.visits import view_products
from sales.ingesting.commerce import ProductViewRow
from sales.models import Product, Website

DAYS, VISITS_A_DAY, MOST_LOOKED_AT = 42, 9, 4
FIRST_HOUR, LAST_HOUR = 7, 22


def product_page(sku: str) -> str:
    return f"{SITE}/products/{sku.lower()}"


def offer_products() -> None:
    """Before anybody buys one, so that each is known with its page."""
    if not Product.objects.exists():
        for sku, name, category, price, _ in PRODUCTS:
            add_product(sku=sku, name=name, category=category, price_minor=price, url=product_page(sku))


def open_website() -> None:
    if not Website.objects.exists():
        edit_website(is_on=True, sites=[SITE.removeprefix("https://")])
        make_identity_secret()


def looks(people: Sequence[Neighbour], *, now: datetime, zone: ZoneInfo) -> list[ToldEvent]:
    """All that was looked at in the past weeks, the oldest first, by a chance of its own."""
    chance = Random("website")  # noqa: S311  the same visits every time
    today = now.astimezone(zone).date()
    visits = []
    for day in (today - timedelta(days=ago) for ago in range(DAYS, -1, -1)):
        known = [neighbour for neighbour in people if neighbour.joined_on < day <= neighbour.until]
        for neighbour in chance.sample(known, min(VISITS_A_DAY, len(known) // 20 + 1, len(known))):
            at = datetime.combine(day, time(chance.randrange(FIRST_HOUR, LAST_HOUR), chance.randrange(50)), zone)
            visits.append((at, neighbour))
    told = (each for at, neighbour in visits for each in _visit(chance, neighbour, at))
    return sorted((each for each in told if datetime.fromisoformat(each.occurred_at) < now), key=_when)


def tell_looks(told: Sequence[ToldEvent]) -> None:
    if told:
        view_products(told)


def before(told: list[ToldEvent], moment: datetime) -> list[ToldEvent]:
    """Takes out what was looked at by then."""
    come = [each for each in told if _when(each) <= moment]
    told[:] = told[len(come) :]
    return come


def _visit(chance: Random, neighbour: Neighbour, at: datetime) -> Iterator[ToldEvent]:
    chosen = chance.choices(PRODUCTS, [product[4] for product in PRODUCTS], k=chance.randint(1, MOST_LOOKED_AT))
    for minute, (sku, name, _, price, _) in enumerate(dict.fromkeys(chosen)):
        row = ProductViewRow(sku=sku, name=name, price_minor=price, currency="EUR", url=product_page(sku))
        yield ToldEvent(
            position=0,
            key=UUID(int=chance.getrandbits(128)).hex,
            system=SHOP,
            person=neighbour.row.external_id,
            name=name,
            properties=msgspec.json.encode(row).decode(),
            occurred_at=(at + timedelta(minutes=minute)).isoformat(),
        )


def _when(told: ToldEvent) -> datetime:
    return datetime.fromisoformat(told.occurred_at)
