from __future__ import annotations

import pytest
from django.db.models import F, Sum

from accounts.models import User
from accounts.scope import workspace_scope
from crm.demo.bakery import EMAIL, PASSWORD, open_bakery
from customers.models import Customer, Facts
from messaging.models import ConsentRecord
from metrics.models import DayChannel
from sales.models import Cart, Order, Refund
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

    open_bakery(customers=60)

    with workspace_scope(bakery):
        assert everything() == before
    assert User.objects.get(email=EMAIL).check_password(PASSWORD)


def everything() -> dict[str, int]:
    return {
        "customers": Customer.objects.count(),
        "orders": Order.objects.count(),
        "refunds": Refund.objects.count(),
        "carts": Cart.objects.count(),
        "consents": ConsentRecord.objects.count(),
        "events": Event.objects.exclude(kind="CartUpdated").count(),
    }
