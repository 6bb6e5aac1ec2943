"""Flows that begin on a day, on the customer's own morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.models import Workspace
from customers.actions import edit_customer
from customers.models.attributes import AttributeKind
from messaging.actions import flow_days
from messaging.flows.days import struck_in
from messaging.flows.definitions import On, Trigger
from messaging.local_mornings import first_instant, is_skipped, next_quarter
from messaging.models import Enrolment, FlowSweep
from messaging.queries.flows import next_flow_work_at
from messaging.tasks import run_flows
from tests.factories.customers import AttributeFactory, CustomerFactory
from tests.messaging.flows.conftest import NOON, Story, tag

BIRTHDAY = {"on": "date", "of": "birthday", "offset_days": 0, "at": "09:00"}
YEARLY = {"policy": "yearly"}


def test_a_birthday_begins_where_the_customer_lives_and_once_a_year(story: Story) -> None:
    berliner = CustomerFactory(birth_monthday=504)
    new_yorker = CustomerFactory(birth_monthday=504, zone="America/New_York")
    story.flow(tag(), trigger=BIRTHDAY, reentry=YEARLY)

    for hour in (6, 7, 12, 13):
        story.clock.move_to(datetime(2024, 5, 4, hour, 0, tzinfo=UTC))
        run_flows.run(story.workspace)

    assert {each.customer_id: each.entered_at for each in Enrolment.objects.all()} == {
        berliner.pk: datetime(2024, 5, 4, 7, 0, tzinfo=UTC),
        new_yorker.pk: datetime(2024, 5, 4, 13, 0, tzinfo=UTC),
    }
    for year in (2025, 2026):
        story.clock.move_to(datetime(year, 5, 4, 14, 0, tzinfo=UTC))
        run_flows.run(story.workspace)
    assert Enrolment.objects.count() == 6


def test_a_birthday_that_was_moved_does_not_come_twice_in_a_year(story: Story) -> None:
    lina = CustomerFactory(birth_monthday=503)
    story.flow(tag(), trigger=BIRTHDAY, reentry=YEARLY)
    story.work()
    assert Enrolment.objects.count() == 1

    story.clock.shift(timedelta(days=250))
    edit_customer(lina, birthday="01-08")
    story.work()
    assert Enrolment.objects.count() == 1


def test_who_tells_on_the_day_itself_need_not_wait_for_a_year(story: Story) -> None:
    lina = CustomerFactory()
    story.flow(tag(), trigger=BIRTHDAY, reentry=YEARLY)
    story.work()
    assert FlowSweep.objects.exclude(finished_at=None).exists() or not Enrolment.objects.exists()

    edit_customer(lina, birthday="05-03")
    story.work()

    assert Enrolment.objects.get().customer == lina


@pytest.mark.parametrize(("joined", "enters"), [(date(2022, 5, 3), True), (date(2024, 5, 3), False)])
def test_an_anniversary_begins_after_the_first_year(story: Story, joined: date, enters: bool) -> None:  # noqa: FBT001
    CustomerFactory(joined_on=joined)
    story.flow(tag(), trigger={**BIRTHDAY, "of": "anniversary"}, reentry=YEARLY)
    story.work()

    assert Enrolment.objects.exists() is enters


def test_the_29th_of_february_is_kept_on_the_28th_in_common_years(story: Story) -> None:
    CustomerFactory(birth_monthday=229)
    story.flow(tag(), trigger=BIRTHDAY, reentry=YEARLY)
    with time_machine.travel(datetime(2025, 2, 28, 9, 0, tzinfo=UTC), tick=False):
        story.work()

    assert Enrolment.objects.get().entry_key == "2025"


def test_some_days_before_a_date_that_an_attribute_holds(story: Story) -> None:
    AttributeFactory(key="renewal", kind=AttributeKind.DAY)
    lina = CustomerFactory()
    edit_customer(lina, attributes={"renewal": date(2024, 5, 10)})
    story.flow(tag(), trigger={"on": "date", "of": "attribute.renewal", "offset_days": -7, "at": "09:00"})
    story.work()

    assert Enrolment.objects.get().customer == lina


def test_a_holiday_is_everybody_s_looked_through_in_steps(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    customers = [CustomerFactory() for _ in range(5)]
    story.flow(tag(), trigger={"on": "day", "month_day": "05-03", "at": "09:00"}, reentry=YEARLY)
    monkeypatch.setattr(flow_days.sweep_days, "__kwdefaults__", {"limit": 2})

    assert flow_days.sweep_days(now=NOON, limit=2)
    assert Enrolment.objects.count() == 2
    story.work()
    story.work()

    assert Enrolment.objects.count() == len(customers)


def test_just_before_midnight_it_begins_at_its_minute(story: Story) -> None:
    lina = CustomerFactory(birth_monthday=503)
    story.flow(tag(), trigger={**BIRTHDAY, "at": "23:50"}, reentry=YEARLY)
    story.work()

    wakes = next_flow_work_at(now=datetime(2024, 5, 3, 21, 49, tzinfo=UTC))
    assert wakes == datetime(2024, 5, 3, 21, 50, tzinfo=UTC)
    story.clock.move_to(wakes)
    story.work()

    assert Enrolment.objects.get().customer == lina


def test_an_outage_over_midnight_does_not_lose_the_day(story: Story) -> None:
    CustomerFactory(birth_monthday=503)
    story.flow(tag(), trigger={**BIRTHDAY, "at": "20:00"}, reentry=YEARLY)
    story.clock.move_to(datetime(2024, 5, 4, 7, 0, tzinfo=UTC))
    story.work()

    assert Enrolment.objects.get().entered_at == datetime(2024, 5, 3, 18, 0, tzinfo=UTC)


def test_switched_on_in_the_morning_it_leaves_yesterday_alone(story: Story) -> None:
    CustomerFactory(birth_monthday=502)
    story.clock.move_to(datetime(2024, 5, 3, 6, 0, tzinfo=UTC))
    story.flow(tag(), trigger={**BIRTHDAY, "at": "20:00"}, reentry=YEARLY)
    story.work()

    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("changed", [date(2024, 3, 10), date(2024, 4, 7), date(2024, 11, 3)])
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("at", [time(0), time(2, 20), time(9), time(23, 59)])
def test_over_every_change_of_clocks_each_day_is_struck_once_and_in_time(
    workspace: Workspace, changed: date, zone: str, at: time
) -> None:
    days = [changed + timedelta(days=number) for number in (-1, 0, 1)]
    now = datetime.combine(days[0] - timedelta(days=1), time(0), tzinfo=UTC)
    trigger = Trigger(On.DATE, date_of="birthday", at=at)
    first_seen: dict[date, tuple[datetime, datetime]] = {}
    while now < datetime.combine(days[-1] + timedelta(days=2), time(0), tzinfo=UTC):
        for struck in struck_in([zone], trigger, since=now - timedelta(days=9), now=now):
            first_seen.setdefault(struck.day, (struck.at, now))
        now = next_quarter(now, at)

    for day in days:
        struck_at, seen_at = first_seen[day]
        assert struck_at == first_instant(day, at, ZoneInfo(zone))
        assert seen_at - struck_at < timedelta(minutes=15 if is_skipped(day, at, ZoneInfo(zone)) else 1)
