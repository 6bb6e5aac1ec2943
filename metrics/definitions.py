"""Every metric of the product: its name, its formula in words, and the rows that it counts.

A figure and the list that it opens come from the same rows: `tests/metrics/test_figures.py` holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Unit(StrEnum):
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"


class Rows(StrEnum):
    """What a figure opens."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    MESSAGES = "messages"


@dataclass(frozen=True)
class MetricDefinition:
    """`more_is_good` colours a change; None leaves it plain."""

    key: str
    name: str | Promise
    formula: str | Promise
    unit: Unit
    rows: Rows
    more_is_good: bool | None = True


METRICS = {
    metric.key: metric
    for metric in [
        MetricDefinition(
            "revenue",
            _("Revenue"),
            _("Value of the orders placed in the period, in the workspace's currency, less what was refunded of them."),
            Unit.MONEY,
            Rows.ORDERS,
        ),
        MetricDefinition(
            "orders",
            _("Orders"),
            _("Orders placed in the period; cancelled ones do not count."),
            Unit.NUMBER,
            Rows.ORDERS,
        ),
        MetricDefinition(
            "new_buyers",
            _("New buyers"),
            _("Customers whose first order ever was placed in the period."),
            Unit.NUMBER,
            Rows.CUSTOMERS,
        ),
        MetricDefinition(
            "repeat_orders",
            _("Repeat orders"),
            _("Orders of the period by customers who had ordered before, in all of history."),
            Unit.NUMBER,
            Rows.ORDERS,
        ),
        MetricDefinition(
            "joined",
            _("Customers joined"),
            _("Customers whose day of joining lies in the period; archived, merged and erased ones do not count."),
            Unit.NUMBER,
            Rows.CUSTOMERS,
        ),
        MetricDefinition(
            "messages_sent",
            _("Messages sent"),
            _("Messages that the mail server took in the period."),
            Unit.NUMBER,
            Rows.MESSAGES,
        ),
        MetricDefinition(
            "messages_skipped",
            _("Messages not sent"),
            _("Messages that were decided against in the period, each with its reason."),
            Unit.NUMBER,
            Rows.MESSAGES,
            more_is_good=None,
        ),
        MetricDefinition(
            "buyers_with",
            _("Buyers by purchase days"),
            _("Customers with at least so many days with an order; orders of one day count once."),
            Unit.NUMBER,
            Rows.CUSTOMERS,
        ),
        MetricDefinition(
            "birthdays",
            _("Birthdays ahead"),
            _("Customers whose birthday is kept in the next 14 days."),
            Unit.NUMBER,
            Rows.CUSTOMERS,
        ),
    ]
}
