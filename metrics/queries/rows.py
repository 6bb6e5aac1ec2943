"""The rows behind a figure. Each figure of `figures` equals the number (or the sum) of what stands here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from customers.models import Customer, Facts
from messaging.models import Message
from messaging.models.messages import ACCEPTED_STATES, MessageState
from metrics.models import CountedOrder
from metrics.periods import Period
from metrics.queries.figures import instants
from metrics.queries.people import birthday_codes
from sales.models import Order


def counted_rows(
    key: str, period: Period, *, channel: str | None = None, at_least: int = 1, today: date
) -> QuerySet[Any]:
    """Customers, orders or messages, as `METRICS[key].rows` says. Raises KeyError for an unknown metric."""
    days = (period.first, period.last)
    if key in {"revenue", "orders", "repeat_orders"}:
        return _orders(days, channel, only_repeat=key == "repeat_orders")
    if key in {"messages_sent", "messages_skipped"}:
        return _messages(key, period)
    people = Customer.objects.present().known()
    by_key: dict[str, Callable[[], QuerySet[Any]]] = {
        "joined": lambda: people.filter(joined_on__range=days),
        "birthdays": lambda: people.filter(birth_monthday__in=birthday_codes(today)),
        "new_buyers": lambda: _with_order(days, channel),
        "buyers_with": lambda: Customer.objects.filter(
            Exists(Facts.objects.filter(customer=OuterRef("pk"), purchase_days__gte=at_least))
        ),
    }
    return by_key[key]()


def _orders(days: tuple[date, date], channel: str | None, *, only_repeat: bool) -> QuerySet[Order]:
    counted = CountedOrder.objects.filter(day__range=days)
    if channel is not None:
        counted = counted.filter(channel=channel)
    if only_repeat:
        counted = counted.filter(is_first=False, customer__isnull=False)
    return Order.objects.filter(pk__in=counted.values("order"))


def _with_order(days: tuple[date, date], channel: str | None) -> QuerySet[Customer]:
    """Those whose first order lies in the period, also when they were archived or erased since: they did buy."""
    first = CountedOrder.objects.filter(customer=OuterRef("pk"), day__range=days, is_first=True)
    return Customer.objects.filter(Exists(first.filter(channel=channel) if channel is not None else first))


def _messages(key: str, period: Period) -> QuerySet[Message]:
    if key == "messages_sent":
        return Message.objects.filter(state__in=ACCEPTED_STATES, **instants("sent_at", period))
    return Message.objects.filter(state=MessageState.SKIPPED, **instants("settled_at", period))
