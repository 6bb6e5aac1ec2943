"""How many a campaign would reach as things stand, and why not the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from accounts.scope import current_workspace
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.models import Campaign
from messaging.queries.audiences import Audience, Member
from messaging.queries.birthdays_ahead import refusals_ahead
from messaging.queries.campaigns import newest_day
from messaging.reasons import Reason
from messaging.schedules import planned_at

LOOKED_AT = 2_000
"""Up to so many are asked one by one; of more, as many from the beginning stand for all."""


@dataclass(frozen=True)
class Reachability:
    """`count` is exact; what follows from `looked_at` of them is about right only, if `is_estimate`."""

    count: int
    looked_at: int
    refused: list[tuple[Reason, int]]

    @property
    def is_estimate(self) -> bool:
        return self.looked_at < self.count

    @property
    def reached(self) -> int:
        return self.count - sum(count for _reason, count in self.refused)


def reachability_of(campaign: Campaign) -> Reachability:
    """Of one that has a topic."""
    audience = Audience(campaign)
    count = audience.count()
    members: list[Member] = []
    after, is_last = 0, False
    while len(members) < min(count, LOOKED_AT) and not is_last:
        stretch = audience.stretch(after=after, limit=LOOKED_AT)
        members += stretch.members
        after, is_last = stretch.place, stretch.is_last
    ids = [member.customer_id for member in members[:LOOKED_AT]]
    customers = list(Customer.objects.filter(Among("pk", ids)))
    refused = Counter(_refusals(customers, campaign).values())
    share = count / len(customers) if customers else 0
    found = [(reason, round(number * share)) for reason, number in refused.most_common()]
    return Reachability(count, len(customers), found)


def _refusals(customers: Sequence[Customer], campaign: Campaign) -> dict[int, Reason]:
    """Of the moment at which it is planned to leave: a pause may be over by then."""
    if campaign.topic is None:
        return {}
    now, home, after = timezone.now(), current_workspace().tzinfo, newest_day(campaign)
    zones = {customer.zone for customer in customers}
    moments = {zone: planned_at(campaign, zone, home, after=after, now=now) for zone in zones}
    return refusals_ahead(customers, campaign.topic, at={each.pk: moments[each.zone] for each in customers})
