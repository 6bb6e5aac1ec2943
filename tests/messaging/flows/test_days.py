"""Flows that begin on a day, on the customer's own morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from customers.actions import edit_customer
from customers.models.attributes import AttributeKind
from messaging.actions import flow_days
from messaging.models import Enrolment, FlowSweep
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
