"""Whose birthday it is, where they live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.scope import current_workspace, current_workspace_id
from customers.models import Customer
from messaging.local_mornings import birthdays_kept_on, first_instant, zone_or
from messaging.models import BirthdayGreeting, ConsentState
from messaging.models.consent import confirmed_in_sql
from messaging.purposes import Purpose
from messaging.reasons import TAKEN_BACK, WANTS_CONSENT

# How far local dates lie behind and ahead of UTC.
BEHIND, AHEAD = timedelta(hours=12), timedelta(hours=14)


@dataclass(frozen=True)
class Morning:
    """In the zone that customers have under this name, the hour of greeting has struck on this day."""

    zone: str
    day: date


@dataclass(frozen=True)
class Celebrant:
    customer_id: int
    address: str
    day: date

    @property
    def dedupe_key(self) -> str:
        return birthday_key(self.customer_id, self.day.year)


def birthday_key(customer_id: int, year: int) -> str:
    return f"{Purpose.BIRTHDAY}:{customer_id}:{year}"


def birthday_greeting() -> BirthdayGreeting | None:
    return BirthdayGreeting.objects.select_related("template", "topic").first()


def mornings(hour: int, *, now: datetime) -> list[Morning]:
    """The zones of customers with a birthday about now in which the hour has struck today."""
    candidates = Customer.objects.present().filter(birth_monthday__in=_monthdays_about(now)).exclude(email_norm="")
    home = current_workspace().tzinfo
    struck = []
    for name in candidates.order_by().values_list("zone", flat=True).distinct():
        zone = zone_or(name, home)
        day = now.astimezone(zone).date()
        if first_instant(day, hour, zone) <= now:
            struck.append(Morning(name, day))
    return struck


_CELEBRANTS = f"""
select c.id, c.email, due.day
from unnest(%(zones)s::text[], %(monthdays)s::int[], %(days)s::date[]) as due(zone, monthday, day)
join customers_customer c
  on c.workspace_id = %(workspace)s and c.birth_monthday = due.monthday and c.zone = due.zone
left join lateral (
  select case when t.needs_confirmation and r.state = %(given)s and not {confirmed_in_sql("r")}
              then %(pending)s else r.state end as state
  from messaging_consentrecord r
  join messaging_subscriptiontopic t on t.workspace_id = %(workspace)s and t.id = r.topic_id
  join messaging_birthdaygreeting g on g.workspace_id = %(workspace)s and g.topic_id = r.topic_id
  where r.workspace_id = %(workspace)s and r.customer_id = c.id
  order by r.at desc, r.id desc limit 1
) consent on true
where c.merged_into_id is null and c.archived_at is null and c.erased_at is null and c.email_norm <> ''
  and consent.state is distinct from %(pending)s
  and not exists (
    select from messaging_message m
    where m.workspace_id = %(workspace)s
      and m.dedupe_key = %(purpose)s || ':' || c.id || ':' || extract(year from due.day)
      and not (m.state = 'cancelled' and m.reason = any(%(taken_back)s))
      and not (m.state = 'skipped' and m.reason = any(%(wants_consent)s)
               and consent.state is not distinct from %(given)s))
order by c.id limit %(limit)s
"""  # noqa: S608  our own words


def celebrants(mornings: Sequence[Morning], *, limit: int) -> list[Celebrant]:
    """Those who keep their birthday on their morning's day and have no greeting for it yet.

    Who has asked for the topic and not confirmed yet is left for later: they may still do so today. And who had not
    agreed to it this morning, and has meanwhile, is greeted after all.
    """
    due = [(each.zone, monthday, each.day) for each in mornings for monthday in birthdays_kept_on(each.day)]
    zones, monthdays, days = ([row[column] for row in due] for column in range(3))
    with connection.cursor() as cursor:
        cursor.execute(
            _CELEBRANTS,
            {
                "workspace": current_workspace_id(),
                "zones": zones,
                "monthdays": monthdays,
                "days": days,
                "pending": ConsentState.PENDING.value,
                "purpose": Purpose.BIRTHDAY.value,
                "given": ConsentState.GIVEN.value,
                "taken_back": TAKEN_BACK,
                "wants_consent": WANTS_CONSENT,
                "limit": limit,
            },
        )
        return [Celebrant(*row) for row in cursor.fetchall()]


def _monthdays_about(now: datetime) -> list[int]:
    first, last = (now - BEHIND).date(), (now + AHEAD).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [monthday for day in days for monthday in birthdays_kept_on(day)]
