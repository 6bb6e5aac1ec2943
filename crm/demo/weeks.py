"""The bakery's last weeks, lived through in the order in which things happened: sales, letters, what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from operator import attrgetter
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.scope import current_workspace
from crm.demo import plans
from crm.demo.clock import Clock
from crm.demo.post import send_all_due
from crm.demo.readers import Readers
from crm.demo.website import before, tell_looks
from customers.events import CustomerJoined
from customers.ingesting.telling import ToldEvent
from messaging.actions import judge_traces
from messaging.actions.backfilling import backfill_flow
from messaging.actions.campaigns import complete_campaigns, gather_audience, start_due_campaigns
from messaging.actions.flow_days import sweep_days
from messaging.actions.listening import follow_events
from messaging.actions.travelling import advance_enrolments
from messaging.models import Campaign
from sales.actions.upsert import upsert_orders
from sales.events import CartUpdated, OrderFulfilled, OrderPlaced, ProductViewed
from sales.upserting.rows import OrderRow
from timeline.models import Event

DAYS = 12
PREPARED_BEFORE = timedelta(days=3)
LAUNCHED_ON, SENT_ON = 2, 4  # day of these weeks
# When it was seen to what is due: each morning, and every so many days in the afternoon, and late in the quiet hours.
MORNING, AFTERNOON, LATE = time(9, 5), time(15, 40), time(21, 10)
AFTERNOON_EVERY, LATE_EVERY = 3, 5
HEARD = tuple(each.__name__ for each in (CustomerJoined, CartUpdated, OrderPlaced, OrderFulfilled, ProductViewed))
Happening = Callable[[], object]


def first_day(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date() - timedelta(days=DAYS)


def beginning(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(first_day(now, zone), time(8), zone)


@dataclass
class Weeks:
    """`orders` and `looked` are those since the beginning. What people will do later waits in `ahead`, by its time."""

    clock: Clock
    chance: Random
    orders: list[OrderRow]
    looked: list[ToldEvent]
    author: User
    owner: User
    ahead: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    _count: int = 0

    def live_until(self, now: datetime) -> None:
        zone = current_workspace().tzinfo
        readers = Readers(self.chance, self.at, self.orders.append, until=now)
        self._plan(now, zone)
        readers.fill_carts(beginning(now, zone), now)
        heard_until = beginning(now, zone)
        for moment in _rounds(now, zone):
            self._happen(moment)
            self._hear(heard_until, moment)
            self._work(moment)
            readers.receive(send_all_due(), moment)
            complete_campaigns(now=moment)
            heard_until = moment
        while judge_traces(now=now):
            pass

    def at(self, moment: datetime, happening: Happening) -> None:
        """To happen then: two at the same time in the order in which they were planned."""
        self._count += 1
        heappush(self.ahead, (moment, self._count, happening))

    def _plan(self, now: datetime, zone: ZoneInfo) -> None:
        begins, first = beginning(now, zone), first_day(now, zone)
        self.clock.moment = begins
        plans.add_flows(self.author)
        sent_at = datetime.combine(first + timedelta(days=SENT_ON), plans.SENDING_TIME, zone)
        self.at(
            datetime.combine(first + timedelta(days=LAUNCHED_ON), time(14, 20), zone),
            lambda: plans.plan_knots(self.author, self.owner, send_on=sent_at),
        )

    def _happen(self, moment: datetime) -> None:
        """What is ahead and has come, and what was bought meanwhile."""
        sold = sorted((each for each in self.orders if each.placed_at <= moment), key=attrgetter("placed_at"))
        self.orders[:] = [each for each in self.orders if each.placed_at > moment]
        self.clock.moment = moment
        upsert_orders(sold, source="demo")
        tell_looks(before(self.looked, moment))
        while self.ahead and self.ahead[0][0] <= moment:
            self.clock.moment, _, happening = heappop(self.ahead)
            happening()
        self.clock.moment = moment

    def _hear(self, after: datetime, moment: datetime) -> None:
        events = Event.objects.filter(kind__in=HEARD, occurred_at__gt=after, occurred_at__lte=moment)
        follow_events(list(events.order_by("occurred_at", "pk")))

    def _work(self, moment: datetime) -> None:
        for step in (sweep_days, backfill_flow):
            while step(now=moment):
                pass
        advance_enrolments(now=moment, limit=10_000)
        start_due_campaigns(now=moment)
        for campaign in Campaign.objects.sending().filter(gathered_at=None):
            while not gather_audience(campaign).is_all:
                pass


def _rounds(now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """When the bakery's mail was seen to: some times of each day, when the campaign leaves, and lastly now."""
    first = first_day(now, zone)
    for number in range(DAYS + 1):
        also = [
            (AFTERNOON, number % AFTERNOON_EVERY == 0),
            (LATE, number % LATE_EVERY == LATE_EVERY - 1),
            (plans.SENDING_TIME, number == SENT_ON),
        ]
        times = sorted([MORNING, *(at for at, is_kept in also if is_kept)])
        moments = [datetime.combine(first + timedelta(days=number), at, zone) for at in times]
        yield from (moment for moment in moments if moment < now)
    yield now
