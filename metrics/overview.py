"""What the overview shows, made ready for its template: stat tiles and charts, each with the address of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from babel.dates import format_skeleton
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.languages import reader_locale
from customers.models import Customer
from metrics import queries
from metrics.definitions import METRICS, MetricDefinition, Rows, Unit
from metrics.periods import WEEKLY_UP_TO, Comparison, Period

CHANNELS_SHOWN = 6
NO_CHANNEL = _("Not said")
TILES = ["revenue", "orders", "new_buyers", "repeat_orders", "joined", "messages_sent", "messages_skipped"]
# What follows "12%", by the direction of the change.
CHANGES = {
    ("up", Comparison.PREVIOUS): _("more than the period before"),
    ("down", Comparison.PREVIOUS): _("less than the period before"),
    ("", Comparison.PREVIOUS): _("more or less than the period before"),
    ("up", Comparison.YEAR): _("more than a year before"),
    ("down", Comparison.YEAR): _("less than a year before"),
    ("", Comparison.YEAR): _("more or less than a year before"),
}


@dataclass(frozen=True)
class Tile:
    label: str | Promise
    formula: str | Promise
    value: int
    unit: Unit
    url: str
    change: float | None
    direction: str
    tone: str
    change_in_words: str | Promise


def rows_url(key: str, period: Period, **more: object) -> str:
    days: dict[str, Any] = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return f"{reverse('metrics:metric_rows', args=[key])}?{urlencode(days | more)}"


def tiles(period: Period, comparison: Comparison) -> list[Tile]:
    now = asdict(queries.figures(period))
    other = period.compared(comparison)
    before = asdict(queries.figures(other)) if other else None
    return [_tile(key, period, now, before, comparison) for key in TILES]


def _tile(key: str, period: Period, now: dict[str, int], before: dict[str, int] | None, comparison: Comparison) -> Tile:
    metric = METRICS[key]
    change = (now[key] - before[key]) / abs(before[key]) if before and before[key] else None
    direction = "" if not change else "up" if change > 0 else "down"
    is_good = None if metric.more_is_good is None or not change else (change > 0) == metric.more_is_good
    return Tile(
        label=metric.name,
        formula=metric.formula,
        value=now[key],
        unit=metric.unit,
        url=rows_url(key, period),
        change=abs(change) if change is not None else None,
        direction=direction,
        tone={True: "good", False: "bad", None: ""}[is_good],
        change_in_words=CHANGES.get((direction, comparison), ""),
    )


def channel_chart(period: Period) -> dict[str, Any] | None:
    """Orders by channel over time, stacked; None where there is none. The smallest channels are drawn as one."""
    counts = queries.orders_by_channel(period)
    if not counts:
        return None
    totals: dict[str, int] = {}
    for (_day, channel), orders in counts.items():
        totals[channel] = totals.get(channel, 0) + orders
    largest = sorted(totals, key=lambda channel: (-totals[channel], channel))
    buckets = period.buckets()
    series = [_channel_series(channel, buckets, counts) for channel in largest[:CHANNELS_SHOWN]]
    if others := largest[CHANNELS_SHOWN:]:
        sums = [sum(counts.get((bucket.first, channel), 0) for channel in others) for bucket in buckets]
        name = ngettext("%(count)s other", "%(count)s others", len(others)) % {"count": len(others)}
        series.append({"name": name, "values": sums})
    return {
        "id": "orders-by-channel",
        "title": gettext("Orders by channel"),
        "category_label": gettext("From"),
        "kind": "bar",
        "stacked": True,
        "unit": "number",
        "categories": [_bucket_name(bucket, period) for bucket in buckets],
        "series": series,
    }


def _channel_series(channel: str, buckets: Sequence[Period], counts: dict[tuple[date, str], int]) -> dict[str, Any]:
    return {
        "name": channel or str(NO_CHANNEL),
        "values": [counts.get((bucket.first, channel), 0) for bucket in buckets],
        "links": [rows_url("orders", bucket, channel=channel, in_channel=1) for bucket in buckets],
    }


def _bucket_name(bucket: Period, period: Period) -> str:
    if period.days <= WEEKLY_UP_TO:
        return str(format_skeleton("MMMd", bucket.first, locale=reader_locale()))
    return str(format_skeleton("yMMM", bucket.first, locale=reader_locale()))


def repeat_chart(curve: list[tuple[int, int]], period: Period) -> dict[str, Any] | None:
    """The likelihood that a customer who bought on n days buys on one more; None before the first repeat."""
    steps = [(n, buyers, following) for (n, buyers), (_n, following) in pairwise(curve) if buyers]
    if not any(following for _n, _buyers, following in steps):
        return None
    return {
        "id": "repeat-curve",
        "title": gettext("Likelihood of one more purchase"),
        "category_label": gettext("After purchase"),
        "kind": "line",
        "unit": "percent",
        "categories": [str(n) for n, _buyers, _following in steps],
        "series": [
            {
                "name": gettext("buy again"),
                "values": [following / buyers for _, buyers, following in steps],
                "links": [rows_url("buyers_with", period, at_least=n + 1) for n, _buyers, _following in steps],
            }
        ],
    }


@dataclass(frozen=True)
class BirthdayAhead:
    customer: Customer
    day: date


def birthdays(today: date, *, limit: int) -> list[BirthdayAhead]:
    """The next ones, each with the day on which it is kept."""
    ahead = []
    for customer in queries.birthdays_ahead(today, limit=limit):
        days = (customer.birthday_in(year) for year in (today.year, today.year + 1))
        ahead.append(BirthdayAhead(customer, next(day for day in days if day and day >= today)))
    return ahead


@dataclass(frozen=True)
class RowsPage:
    rows: list[Any]
    next_cursor: int | None


def page_of(counted: QuerySet[Any], metric: MetricDefinition, *, cursor: int | None, size: int) -> RowsPage:
    """One keyset page of a figure's rows, newest first, with what its table shows beside them."""
    if metric.rows is not Rows.CUSTOMERS:
        counted = counted.select_related("customer")
    newest = counted.order_by("-pk")
    rows = list((newest.filter(pk__lt=cursor) if cursor else newest)[: size + 1])
    return RowsPage(rows[:size], rows[size - 1].pk if len(rows) > size else None)
