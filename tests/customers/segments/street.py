"""A street of customers who differ in whatever a segment can ask, and definitions made by chance."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.public_ids import encode_id
from customers.actions.upsert import CustomerRow, upsert_customers
from customers.models import Tag
from messaging.models import ConsentState, ContactWish, Message, Template
from sales.actions.facts import recount_purchases
from sales.models import OrderLine, PageView, Product
from tests.customers.segments.told import Happening, tell
from tests.factories.messaging import ConsentFactory, MessageFactory, TemplateVersionFactory, TopicFactory
from tests.factories.sales import OrderFactory, ProductFactory

TODAY = date(2026, 3, 1)
"""The day after the February of a common year."""

CITIES, CHANNELS, CATEGORIES, TAGS = ("", "Berlin", "Bonn"), ("shop", "web"), ("Bread", "Cake"), ("loyal", "press")
TOPICS, EVENTS = ("news", "offers"), ("Recipe saved", "Plan chosen")


def people(chance: random.Random, *, count: int = 60) -> None:
    """Customers with whatever can be asked of: attributes, orders, page views, messages, consent, wishes, events."""
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
    _letters(ids, chance)
    tell(happenings(ids, chance))


def _letters(ids: list[int], chance: random.Random) -> None:
    versions = [TemplateVersionFactory() for _ in range(2)]
    topics = [TopicFactory(key=key) for key in TOPICS]
    outcomes: dict[str, list[int]] = defaultdict(list)
    for pk in ids:
        for _ in range(chance.choice((0, 1, 3))):
            message = MessageFactory(
                customer_id=pk, topic=chance.choice(topics), template_version=chance.choice(versions), address=""
            )
            outcomes[chance.choice(("", "delivered", "bounced", "complained", "queued"))].append(message.pk)
        for _ in range(chance.choice((0, 0, 1, 2))):
            ConsentFactory(
                customer_id=pk,
                topic=chance.choice(topics),
                state=chance.choice(ConsentState.values),
                at=_instant(_day(chance, 60), chance),
            )
        if chance.random() < 0.4:
            until = _instant(_day_ahead(chance), chance) if chance.random() < 0.6 else None
            ContactWish.objects.create(customer_id=pk, paused_until=until, is_less_often=chance.random() < 0.5)
    for outcome, messages in outcomes.items():
        if outcome != "queued":
            arrive(messages, chance, outcome=outcome)


def arrive(message_ids: list[int], chance: random.Random, *, outcome: str = "") -> None:
    """By every state in between, as the database insists; on some days of the last weeks."""
    messages = Message.objects.filter(pk__in=message_ids)
    messages.update(state="leased", lease_token="t", lease_expires_at=_instant(TODAY, chance))
    messages.update(state="sending")
    for pk in message_ids:
        at = _instant(_day(chance, 60), chance)
        read = {
            name: _instant(_day(chance, 60), chance) for name in ("opened_at", "clicked_at") if chance.random() < 0.6
        }
        messages.filter(pk=pk).update(state="sent", lease_token="", lease_expires_at=None, sent_at=at, **read)
    if outcome:
        messages.update(state=outcome)


def happenings(ids: list[int], chance: random.Random) -> list[Happening]:
    """Events of two kinds, and of two that the shop told."""
    return [
        Happening(
            customer_id=pk,
            kind=chance.choice(("OrderPlaced", "CustomEvent")),
            name=chance.choice(EVENTS),
            at=_instant(_day(chance, 60), chance),
            properties={"plan": chance.choice(("pro", "Basic")), "minutes": chance.choice((0, 12.5, "30", None))},
        )
        for pk in ids
        for _ in range(chance.choice((0, 0, 1, 3)))
    ]


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


def _day_ahead(chance: random.Random) -> date:
    return TODAY + timedelta(days=chance.randint(-1, 60))


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
    about_them = (_text, _number, _relative_day, _fixed_day, _link, _flag, _history, _yearly, _known)
    make = chance.choice((*about_them, _event, _message, _consent, _wish, _end_of_pause))
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


def _event(chance: random.Random) -> dict[str, Any]:
    field = chance.choice(("event.OrderPlaced", *(f"custom.{name}" for name in EVENTS)))
    return {**_counted(field, chance), **({"where": _property(chance)} if field.startswith("custom") else {})}


def _property(chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        (
            {},
            {"plan": {"is": "equals", "value": "pro"}},
            {"plan": {"is": "contains", "value": "BAS"}},
            {"plan": {"is": "any_of", "value": ["pro", "x"]}, "minutes": {"is": "at_most", "value": 13}},
            {"minutes": {"is": "at_least", "value": 12}},
            {"minutes": {"is": "is_known"}},
        )
    )


def _message(chance: random.Random) -> dict[str, Any]:
    asked = _counted(f"messages_{chance.choice(('received', 'opened', 'clicked'))}", chance)
    if chance.random() < 0.5:
        template = encode_id("tpl", Template.objects.order_by("pk").values_list("pk", flat=True)[0])
        asked["where"] = chance.choice(({"topic": ["news"]}, {"template": [template]}))
    return asked


def _counted(field: str, chance: random.Random) -> dict[str, Any]:
    operator = chance.choice(("at_least", "at_most", "equals"))
    window = {"within_days": chance.choice((1, 2, 30))} if chance.random() < 0.5 else {}
    return {"field": field, "is": operator, "value": chance.randint(0, 2), **window}


def _consent(chance: random.Random) -> dict[str, Any]:
    return {
        "field": "consent",
        "is": chance.choice(("given", "confirmed", "withdrawn", "pending", "never")),
        "value": chance.choice((["news"], ["offers"], ["news", "offers"])),
    }


def _wish(chance: random.Random) -> dict[str, Any]:
    return {"field": chance.choice(("paused", "less_often")), "is": chance.choice(("is_true", "is_false"))}


def _end_of_pause(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.6:
        return {"field": "paused_until", "is": "in_next", "value": chance.choice((1, 2, 7, 30))}
    operator = chance.choice(("on_or_after", "on_or_before", "between"))
    first, last = sorted((_day_ahead(chance).isoformat(), _day_ahead(chance).isoformat()))
    return {"field": "paused_until", "is": operator, "value": [first, last] if operator == "between" else first}
