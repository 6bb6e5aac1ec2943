from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count, F
from django.db.models.functions import Least

from customers.models import Customer, Facts

CURVE_UP_TO = 10
AHEAD_DAYS = 14


def customers_total() -> int:
    return Customer.objects.present().known().count()


def repeat_curve(up_to: int = CURVE_UP_TO) -> list[tuple[int, int]]:
    """For n = 1 … `up_to`: (n, customers with at least n purchase days). Orders of one day count once."""
    exact = dict(
        Facts.objects.filter(purchase_days__gte=1)
        .values_list(Least(F("purchase_days"), up_to))
        .annotate(customers=Count("customer"))
    )
    return [(n, sum(count for days, count in exact.items() if days >= n)) for n in range(1, up_to + 1)]


def birthday_codes(today: date, days: int = AHEAD_DAYS) -> list[int]:
    """Month x 100 + day of the next days in order; 29 February is kept on the 28th in common years."""
    codes: list[int] = []
    for offset in range(days):
        day = today + timedelta(days=offset)
        codes.append(day.month * 100 + day.day)
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:  # noqa: PLR2004  March
            codes.append(229)
    return codes


def birthdays_ahead(today: date, *, limit: int | None = None) -> list[Customer]:
    """Those whose birthday comes in the next 14 days, the next first."""
    order = {code: position for position, code in enumerate(birthday_codes(today))}
    customers = Customer.objects.present().known().filter(birth_monthday__in=list(order))
    ahead = sorted(customers, key=lambda customer: (order[customer.birth_monthday or 0], customer.pk))
    return ahead[:limit]
