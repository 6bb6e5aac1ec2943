"""A street of customers who differ in whatever a segment can ask, and definitions made by chance."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.public_ids import encode_id
from customers.actions.upsert import CustomerRow, upsert_customers
from customers.models import Tag
from sales.actions.facts import recount_purchases
from sales.models import OrderLine, PageView, Product
from tests.factories.sales import OrderFactory, ProductFactory

TODAY = date(2026, 3, 1)
"""The day after the February of a common year."""

CITIES, CHANNELS, CATEGORIES, TAGS = ("", "Berlin", "Bonn"), ("shop", "web"), ("Bread", "Cake"), ("loyal", "press")


def people(chance: random.Random, *, count: int = 60) -> None:
    """Customers with attributes, tags, orders with lines, refunds and cancellations, and pages viewed."""
    products = [ProductFactory(category=category) for category in CATEGORIES for _ in range(2)]
    outcomes = upsert_customers([_person(number, chance) for number in range(count)], source="demo")
    ids = [outcome.id for outcome in outcomes if outcome.id]
    for pk in ids:
        for _ in range(chance.choice((0, 0, 1, 2, 5))):
            _order(pk, products, chance)
        for _ in range(chance.choice((0, 0, 3))):
            at = _instant(_day(chance, 40), chance)
            PageView.objects.create(customer_id=pk, message_id=str(chance.random()), path="/cake", viewed_at=at)
    recount_purchases(ids)


def _person(number: int, chance: random.Random) -> CustomerRow:
    born = _day(chance, 366)
    attributes: dict[str, Any] = {
        "bread": chance.choice(("rye", "Wheat", "spelt flour")),
        "children": chance.choice((0, 1, 2.5)),
        "met_on": _day(chance, 60),
        "vip": chance.random() < 0.5,
    }
    return CustomerRow(
        external_id=f"K-{number}",
        name=f"Ada {number}",
        email=f"ada{number}@mail.example" if chance.random() < 0.8 else None,
        city=chance.choice(CITIES),
        birth_monthday=born.month * 100 + born.day if chance.random() < 0.7 else None,
        joined_on=_day(chance, 400),
        tags=tuple(tag for tag in TAGS if chance.random() < 0.4),
        attributes={key: value for key, value in attributes.items() if chance.random() < 0.7},
    )


def _day(chance: random.Random, most_days: int) -> date:
    """Today, or some day before, or one of the next few."""
    return TODAY - timedelta(days=chance.randint(-3, most_days))


def _instant(day: date, chance: random.Random) -> datetime:
    return datetime.combine(day, time(chance.randrange(24)), UTC)


def _order(customer_id: int, products: list[Product], chance: random.Random) -> None:
    day = _day(chance, 120)
    total = chance.randrange(0, 5000, 500)
    order = OrderFactory(
        customer_id=customer_id,
        channel=chance.choice(CHANNELS),
        placed_at=_instant(day, chance),
        placed_on=day,
        total_minor=total,
        refunded_minor=total // 2,
        refunded_value_minor=total // 2,
        units=chance.randint(0, 4),
        cancelled_at=_instant(day, chance) if chance.random() < 0.2 else None,
    )
    for position, product in enumerate(chance.sample(products, 2), start=1):
        OrderLine.objects.create(order=order, product=product, position=position, description=product.name)


def definition(chance: random.Random, *, depth: int = 1) -> dict[str, Any]:
    """Some group of conditions and groups, in the JSON form."""
    rules = [
        definition(chance, depth=depth + 1) if depth < 3 and chance.random() < 0.25 else _condition(chance)
        for _ in range(chance.randint(1, 3))
    ]
    return {"match": chance.choice(("all", "any", "none")), "rules": rules}


def _condition(chance: random.Random) -> dict[str, Any]:
    make = chance.choice((_text, _number, _relative_day, _fixed_day, _link, _flag, _history, _yearly, _known))
    return make(chance)


def _text(chance: random.Random) -> dict[str, Any]:
    field, values = chance.choice(
        (("city", CITIES[1:]), ("attribute.bread", ("rye", "Wheat")), ("name", ("Ada 1", "Ada 22")))
    )
    operator = chance.choice(("equals", "contains", "starts_with", "any_of"))
    value = chance.choice(values)
    return {"field": field, "is": operator, "value": list(values) if operator == "any_of" else value}


def _number(chance: random.Random) -> dict[str, Any]:
    field = chance.choice(("birth_year", "attribute.children"))
    operator = chance.choice(("at_least", "at_most", "equals", "between"))
    value = chance.choice((0, 1, 2.5))
    return {"field": field, "is": operator, "value": [0, value] if operator == "between" else value}


def _relative_day(chance: random.Random) -> dict[str, Any]:
    return {
        "field": chance.choice(_DAYS),
        "is": chance.choice(("in_last", "longer_ago", "in_next")),
        "value": chance.choice((1, 2, 7, 30, 90)),
    }


def _fixed_day(chance: random.Random) -> dict[str, Any]:
    operator = chance.choice(("on_or_after", "on_or_before", "between"))
    first, last = sorted((_day(chance, 90), _day(chance, 90)))
    value = [first.isoformat(), last.isoformat()] if operator == "between" else first.isoformat()
    return {"field": chance.choice(_DAYS), "is": operator, "value": value}


_DAYS = ("joined_on", "first_order_on", "last_order_on", "attribute.met_on")


def _link(chance: random.Random) -> dict[str, Any]:
    tags = [encode_id("tag", pk) for pk in Tag.objects.order_by("name").values_list("pk", flat=True)]
    return {
        "field": "tag",
        "is": chance.choice(("any_of", "none_of")),
        "value": chance.sample(tags, chance.randint(1, len(tags))),
    }


def _flag(chance: random.Random) -> dict[str, Any]:
    return {"field": "attribute.vip", "is": chance.choice(("is_true", "is_false", "is_unknown"))}


def _history(chance: random.Random) -> dict[str, Any]:
    field = chance.choice(("orders", "spent", "units", "pages_viewed"))
    most = 4000 if field == "spent" else 3
    asked: dict[str, Any] = {
        "field": field,
        "is": chance.choice(("at_least", "at_most", "equals")),
        "value": chance.randint(0, most),
    }
    if chance.random() < 0.5:
        asked["within_days"] = chance.choice((1, 2, 30))
    if field != "pages_viewed" and chance.random() < 0.4:
        asked["where"] = chance.choice(
            ({"channel": ["web"]}, {"category": ["Cake"]}, {"product": [_some_product()], "channel": ["shop", "web"]})
        )
    return asked


def _some_product() -> str:
    return encode_id("prd", Product.objects.order_by("pk").values_list("pk", flat=True)[0])


def _yearly(chance: random.Random) -> dict[str, Any]:
    field = chance.choice(("birthday", "anniversary"))
    return {"field": field, "is": "in_next", "value": chance.choice((1, 2, 30, 366))}


def _known(chance: random.Random) -> dict[str, Any]:
    field = chance.choice(("email", "city", "birth_year", "attribute.bread", "attribute.met_on", "last_order_on"))
    return {"field": field, "is": chance.choice(("is_known", "is_unknown"))}
