"""Whose day it is: birthdays, anniversaries, dates in an attribute, and holidays, each where the customer lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.db.models.functions import ExtractDay, ExtractMonth
from django.db.models.query import QuerySet

from accounts.scope import current_workspace
from customers.models import AttributeValue, Customer
from customers.models.customers import IS_LISTED
from customers.queries.filtering import Among
from messaging.flows.definitions import On, Trigger
from messaging.local_mornings import birthdays_kept_on, first_instant, zone_or

# How long after the hour has struck a day still begins a flow, when no worker was there at the time.
STILL_TODAY = timedelta(hours=14)


@dataclass(frozen=True)
class Struck:
    """In the zone that customers have under this name, the hour of the flow struck on this day, at this instant."""

    zone: str
    day: date
    at: datetime


def struck_in(zones: Sequence[str], trigger: Trigger, *, since: datetime, now: datetime) -> list[Struck]:
    """The zones in which it is the flow's hour, or was earlier today; or yesterday, if the flow was on by `since`.

    Just before midnight it has hardly struck when the next day begins.
    """
    home = current_workspace().tzinfo
    struck = []
    for name in zones:
        zone = zone_or(name, home)
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            at = first_instant(day, trigger.at, zone)
            is_still_kept = day == today or at >= since
            if at <= now < at + STILL_TODAY and is_still_kept and _may_be_on(trigger, day):
                struck.append(Struck(name, day, at))
    return struck


def zones_in_use() -> list[str]:
    """From each to the next by the index alone: a millisecond for a million customers, whom to read took a second."""
    listed = Customer.objects.filter(IS_LISTED).order_by("zone").values_list("zone", flat=True)
    found: list[str] = []
    zone = listed.first()
    while zone is not None:
        found.append(zone)
        zone = listed.filter(zone__gt=zone).first()
    return found


def customers_on(trigger: Trigger, day: date) -> QuerySet[Customer]:
    """Those whose day, with the flow's days before or after, is this one."""
    customers = Customer.objects.filter(IS_LISTED)
    if trigger.on is On.DAY:
        return customers
    itself = day - timedelta(days=trigger.offset_days)
    if trigger.date_of == "birthday":
        return customers.filter(birth_monthday__in=birthdays_kept_on(itself))
    if trigger.date_of == "anniversary":
        kept = birthdays_kept_on(itself)
        of_day = customers.annotate(joined_monthday=ExtractMonth("joined_on") * 100 + ExtractDay("joined_on"))
        return of_day.filter(Q(joined_monthday__in=kept), joined_on__lt=itself.replace(month=1, day=1))
    key = trigger.date_of.removeprefix("attribute.")
    dated = AttributeValue.objects.filter(attribute__key=key, attribute__archived_at=None, day=itself)
    return customers.filter(pk__in=dated.values("customer"))


def among(customers: QuerySet[Customer], ids: Sequence[int]) -> QuerySet[Customer]:
    return customers.filter(Among("pk", ids))


def _may_be_on(trigger: Trigger, day: date) -> bool:
    """A holiday is on one day of the year; 29 February is kept on the 28th in common years."""
    if trigger.on is not On.DAY:
        return True
    month, of_month = map(int, trigger.month_day.split("-"))
    return month * 100 + of_month in birthdays_kept_on(day)
