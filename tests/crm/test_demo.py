from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import User
from accounts.scope import workspace_scope
from crm.demo.bakery import EMAIL, PASSWORD, ZONE, open_bakery
from crm.demo.people import monthday
from customers.models import Customer, CustomerTag, Facts, Note, Segment, Tag
from messaging.models import BirthdayGreeting, Campaign, ConsentRecord, Enrolment, Message, QuietHours, Template
from metrics.models import DayChannel
from sales.models import Cart, Order, ProductView, Refund, Website
from timeline.models import DeadLetter, Event


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_demo_is_whole_and_opening_it_again_adds_nothing() -> None:
    bakery = open_bakery(customers=60)
    with workspace_scope(bakery):
        before = everything()
        assert before["customers"] == 60
        assert before["orders"] > 200
        assert Customer.objects.exclude(email__endswith=".example").count() == 0
        net = Order.objects.counted().aggregate(net=Sum(F("value_minor") - F("refunded_value_minor")))["net"]
        assert net == DayChannel.objects.aggregate(net=Sum("revenue_minor"))["net"]
        assert net == Facts.objects.aggregate(net=Sum("spent_minor"))["net"]
        assert DeadLetter.objects.count() == 0
        assert set(Tag.objects.values_list("name", flat=True)) >= {"Regular", "Wholesale"}
        assert Refund.objects.dates("refunded_at", "month").count() > 6
        assert Note.objects.exclude(author=None).count() > 2
        assert BirthdayGreeting.objects.get().is_on
        assert Customer.objects.filter(birth_monthday=monthday(timezone.now().astimezone(ZONE).date())).exists()
        assert_that_people_were_reached()

    open_bakery(customers=60)

    with workspace_scope(bakery):
        assert everything() == before
    assert User.objects.get(email=EMAIL).check_password(PASSWORD)


def assert_that_people_were_reached() -> None:
    """In the past, by the product's own rules, and so that every page has something to show."""
    now = timezone.now()
    assert set(Campaign.objects.values_list("state", flat=True)) == {"completed", "scheduled", "draft"}
    completed = Campaign.objects.get(state="completed", started_at__lt=now - timedelta(days=6))
    assert completed.tally.opened > 2
    assert completed.tally.states["skipped"]["holdout"] > 0
    assert not Message.objects.filter(sent_at__gte=now + timedelta(minutes=1)).exists()
    assert {"waiting", "done"} <= set(Enrolment.objects.values_list("state", flat=True))
    assert Message.objects.accepted().filter(purpose="flow").count() > 5
    assert Segment.objects.count() == 6
    assert Template.objects.in_use().filter(key="").count() > 6
    assert QuietHours.objects.exists()
    assert Website.objects.get().is_on
    assert ProductView.objects.filter(viewed_at__lt=now - timedelta(days=20)).exists()
    assert Enrolment.objects.filter(flow__preset="browse", entered_at__lt=now - timedelta(days=4)).exists()


def everything() -> dict[str, int]:
    return {
        "customers": Customer.objects.count(),
        "orders": Order.objects.count(),
        "tags": CustomerTag.objects.count(),
        "notes": Note.objects.count(),
        "refunds": Refund.objects.count(),
        "views": ProductView.objects.count(),
        "carts": Cart.objects.count(),
        "messages": Message.objects.count(),
        "enrolments": Enrolment.objects.count(),
        "consents": ConsentRecord.objects.count(),
        "events": Event.objects.exclude(kind="CartUpdated").count(),
    }
