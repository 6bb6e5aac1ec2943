from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from customers.models import Customer
from messaging.models import Message
from messaging.models.messages import ACCEPTED_STATES, MessageState
from metrics.models import DayChannel
from metrics.periods import Period


@dataclass(frozen=True)
class Figures:
    """One period's numbers, by the keys of `METRICS`. Money in minor units of the workspace's currency."""

    revenue: int
    orders: int
    new_buyers: int
    repeat_orders: int
    joined: int
    messages_sent: int
    messages_skipped: int


def figures(period: Period) -> Figures:
    """Three queries, whatever the number of orders: sales come from the rollup."""
    sales = DayChannel.objects.filter(day__range=(period.first, period.last)).aggregate(
        revenue=Sum("revenue_minor", default=0),
        orders=Sum("orders", default=0),
        first=Sum("first_orders", default=0),
        repeat=Sum("repeat_orders", default=0),
    )
    sent = Q(state__in=ACCEPTED_STATES, **instants("sent_at", period))
    skipped = Q(state=MessageState.SKIPPED, **instants("settled_at", period))
    messages = Message.objects.filter(sent | skipped).aggregate(
        sent=Count("pk", filter=sent), skipped=Count("pk", filter=skipped)
    )
    return Figures(
        revenue=sales["revenue"],
        orders=sales["orders"],
        new_buyers=sales["first"],
        repeat_orders=sales["repeat"],
        joined=Customer.objects.present().known().filter(joined_on__range=(period.first, period.last)).count(),
        messages_sent=messages["sent"],
        messages_skipped=messages["skipped"],
    )


def orders_by_channel(period: Period) -> dict[tuple[date, str], int]:
    """Orders by (first day of the bucket, channel), for the buckets of `period`."""
    counts: dict[tuple[date, str], int] = {}
    buckets = period.buckets()
    by_day = DayChannel.objects.filter(day__range=(period.first, period.last)).values_list("day", "channel", "orders")
    starts = {day: bucket.first for bucket in buckets for day in days_of(bucket)}
    for day, channel, orders in by_day:
        key = (starts[day], channel)
        counts[key] = counts.get(key, 0) + orders
    return counts


def days_of(period: Period) -> list[date]:
    return [period.first + timedelta(days=offset) for offset in range(period.days)]


def instants(field: str, period: Period) -> dict[str, datetime]:
    """The period as a half-open range of instants, in the zone in force (the workspace's)."""
    start = timezone.make_aware(datetime.combine(period.first, time.min))
    end = timezone.make_aware(datetime.combine(period.last + timedelta(days=1), time.min))
    return {f"{field}__gte": start, f"{field}__lt": end}
