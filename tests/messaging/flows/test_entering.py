"""How often somebody may enter: settled by constraints, whoever asks, and however many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.actions import merge_customers
from customers.models import Customer
from messaging.actions.enrolling import enrol
from messaging.flows.entrants import Entrant
from messaging.models import Enrolment, Flow
from tests.factories.customers import CustomerFactory
from tests.messaging.flows.conftest import NOON, Story, tag, wait

CART = {"policy": "cooldown", "days": 7, "by": "cart", "restarts": True}


def reloaded(flow: Flow) -> Flow:
    return Flow.objects.select_related("current").get(pk=flow.pk)


@pytest.mark.parametrize(
    ("reentry", "entered"),
    [
        ({"policy": "once"}, 1),
        ({"policy": "every_time", "by": "cart"}, 2),
        ({"policy": "every_time", "by": "event"}, 4),
        ({"policy": "cooldown", "days": 7, "by": "cart"}, 2),
        ({"policy": "cooldown", "days": 30, "by": "event"}, 1),
        ({"policy": "yearly"}, 1),
    ],
)
def test_each_policy_lets_somebody_in_as_often_as_it_says(
    story: Story, maria: Customer, reentry: dict[str, Any], entered: int
) -> None:
    story.flow(tag(), reentry=reentry)

    for key, days in (("c-1", 0), ("c-1", 1), ("c-2", 5), ("c-1", 3)):
        story.clock.shift(timedelta(days=days))
        story.touch(maria, key)
        story.work()

    assert Enrolment.objects.count() == entered


def test_a_cart_touched_ten_times_is_one_way_whose_clock_begins_anew(story: Story, maria: Customer) -> None:
    story.flow(wait(hours=4), tag(), reentry=CART)

    for _ in range(10):
        story.touch(maria)
        story.later(hours=1)

    enrolment = Enrolment.objects.get()
    assert enrolment.due_at == NOON + timedelta(hours=9 + 4)
    story.later(hours=3)
    enrolment.refresh_from_db()
    assert enrolment.reason == "completed"


def test_ten_touches_told_at_once_are_one_way_from_the_last_of_them(story: Story, maria: Customer) -> None:
    story.flow(wait(hours=4), tag(), reentry=CART)
    for minute in range(10):
        story.touch(maria, at=NOON + timedelta(minutes=minute))
    story.work()

    assert Enrolment.objects.get().due_at == NOON + timedelta(hours=4, minutes=9)


def test_a_pause_is_the_customer_s_whatever_the_cart(story: Story, maria: Customer) -> None:
    story.flow(tag(), reentry=CART)
    for key in ("c-1", "c-2"):
        story.touch(maria, key)
        story.later(hours=1)
    assert Enrolment.objects.count() == 1

    story.later(days=7)
    story.touch(maria, "c-2")
    story.work()
    assert Enrolment.objects.count() == 2


def test_two_at_once_are_settled_by_the_database(story: Story, maria: Customer) -> None:
    flow = story.flow(wait(days=1), trigger={"on": "hand"})
    (enrolment,) = enrol(reloaded(flow), [Entrant(maria.pk, NOON, "hand:1")], now=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        enrolment.pk = None
        enrolment.save(force_insert=True)
    assert enrol(reloaded(flow), [Entrant(maria.pk, NOON, "hand:2")], now=NOON) == []


def test_who_was_merged_enters_as_who_they_are_now(story: Story, maria: Customer) -> None:
    other = CustomerFactory(email="maria@work.example")
    story.flow(wait(days=1))
    story.touch(other)
    merge_customers(survivor=maria, absorbed=other)
    story.work()

    assert Enrolment.objects.get().customer == maria


def test_visitors_and_the_archived_do_not_enter(story: Story) -> None:
    flow = story.flow(wait(days=1), trigger={"on": "hand"})
    visitor = CustomerFactory(is_anonymous=True)
    archived = CustomerFactory(archived_at=timezone.now())

    entrants = [Entrant(pk, NOON, "hand:1") for pk in (visitor.pk, archived.pk)]
    assert enrol(reloaded(flow), entrants, now=NOON) == []


@pytest.mark.parametrize("count", [1, 3])
def test_entering_asks_as_much_for_three_as_for_one(story: Story, count: int, django_assert_num_queries: Any) -> None:
    flow = reloaded(story.flow(wait(days=1), reentry=CART, exits=[{"event": "OrderPlaced"}]))
    entrants = [Entrant(CustomerFactory().pk, NOON, f"cart:{number}") for number in range(count)]

    with django_assert_num_queries(14):
        assert len(enrol(flow, entrants, now=NOON)) == count
