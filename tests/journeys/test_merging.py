"""Two records turn out to be one person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from customers.models import Customer, Facts, Merge
from sales.actions import NewLine, place_order
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from tests.journeys.conftest import Worker


def buys(customer: Customer, number: str, *, day: int) -> None:
    line = NewLine(product=ProductFactory(price_minor=500), quantity=1)
    place_order(customer=customer, number=number, placed_at=datetime(2026, 3, day, 9, tzinfo=UTC), lines=[line])


def figures(customer: Customer) -> tuple[int, int]:
    facts = Facts.objects.get(customer=customer)
    return facts.orders_count, facts.spent_minor


@pytest.mark.usefixtures("workspace")
def test_merged_records_tell_one_story_and_can_be_parted(owner_browser: Browser, worker: Worker) -> None:
    lina = CustomerFactory(name="Lina Haas", email="lina@mail.example")
    double = CustomerFactory(name="L. Haas", email="lina@work.example")
    buys(lina, "A-1", day=2)
    buys(double, "A-2", day=3)
    buys(double, "A-3", day=4)
    worker()
    assert (figures(lina), figures(double)) == ((1, 500), (2, 1000))

    owner_browser.post(f"/customers/{lina.pk}/merge/{double.pk}/")
    worker()

    survivor = Customer.objects.get(merged_into=None)
    assert figures(survivor) == (3, 1500)
    page = owner_browser.get(f"/customers/{survivor.pk}/").content.decode()
    assert page.count("Order placed") + page.count("Ordered for") == 3

    owner_browser.post(f"/customers/merges/{Merge.objects.get().pk}/reversal/")
    worker()

    assert (figures(lina), figures(double)) == ((1, 500), (2, 1000))
