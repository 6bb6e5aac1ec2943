from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.scope import current_workspace, current_workspace_id
from customers.models import Customer
from messaging.addresses import hash_address
from messaging.eligibility import refusals
from messaging.local_mornings import birthdays_kept_on, first_instant, zone_or
from messaging.models import Message, Priority, SubscriptionTopic
from messaging.purposes import Purpose
from messaging.reasons import Reason

MOST_SHOWN = 200


@dataclass(frozen=True)
class BirthdayAhead:
    """`reason`: why this customer would not be greeted, as things stand."""

    day: date
    customer: Customer
    reason: Reason | None

    @property
    def years(self) -> int | None:
        return self.day.year - self.customer.birth_year if self.customer.birth_year else None


def birthdays_ahead(*, days: int, topic: SubscriptionTopic | None) -> list[BirthdayAhead]:
    """Whose birthday comes within so many days from today, soonest first, at most MOST_SHOWN."""
    today = timezone.localdate(timezone=current_workspace().tzinfo)
    kept = [
        (monthday, day) for n in range(days) for day in [today + timedelta(n)] for monthday in birthdays_kept_on(day)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.id, due.day
               from unnest(%s::int[], %s::date[]) as due(monthday, day)
               join customers_customer c on c.workspace_id = %s and c.birth_monthday = due.monthday
               where c.merged_into_id is null and c.archived_at is null and c.erased_at is null
               order by due.day, c.id limit %s""",
            [[monthday for monthday, _ in kept], [day for _, day in kept], current_workspace_id(), MOST_SHOWN],
        )
        found = cursor.fetchall()
    customers = Customer.objects.in_bulk([pk for pk, _ in found])
    # A greeting waits for the end of a pause until its day is over.
    at = {pk: _end_of(day, customers[pk]) for pk, day in found}
    reasons = refusals_ahead(list(customers.values()), topic, at=at) if topic else {}
    return [BirthdayAhead(day, customers[pk], reasons.get(pk)) for pk, day in found]


def _end_of(day: date, customer: Customer) -> datetime:
    return first_instant(day + timedelta(days=1), 0, zone_or(customer.zone, current_workspace().tzinfo))


def refusals_ahead(
    customers: Sequence[Customer], topic: SubscriptionTopic, *, at: Mapping[int, datetime]
) -> dict[int, Reason]:
    """Why a message about the topic would not be sent to each customer, by their ids, as things stand.

    `at`: when it would leave, by their ids. A pause that is over by then keeps back nothing, one that is not does.
    """
    imagined = [
        Message(
            pk=customer.pk,
            customer_id=customer.pk,
            topic_id=topic.pk,
            purpose=Purpose.TEST,
            priority=Priority.CAMPAIGN,
            not_before=at[customer.pk],
            address=customer.email,
            address_hash=hash_address(customer.email),
        )
        for customer in customers
    ]
    return refusals(imagined)
