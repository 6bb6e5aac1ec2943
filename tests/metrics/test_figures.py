from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db.models import Sum
from django.db.models.functions import Coalesce
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from metrics import queries
from metrics.actions import recount_all_orders
from metrics.periods import Comparison, Period, Preset, preset_period
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.sales import OrderFactory

TODAY = date(2026, 3, 20)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def history() -> None:
    """Three buyers: one new in March who came back, one from February who came back, one only in February."""
    for joined, days in [((2026, 3, 2), [2, 9]), ((2026, 2, 1), [-20, 5]), ((2026, 2, 1), [-10])]:
        customer = CustomerFactory(joined_on=date(*joined), birth_monthday=325)
        for offset in days:
            at = datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(days=offset)
            OrderFactory(customer=customer, placed_at=at, channel="web" if offset > 4 else "shop")
    OrderFactory(customer=None, placed_at=datetime(2026, 3, 3, 10, tzinfo=UTC), channel="")
    recount_all_orders()


def test_the_figures_of_a_period(workspace: Workspace) -> None:
    history()

    found = queries.figures(MARCH)

    assert (found.orders, found.revenue, found.new_buyers, found.repeat_orders, found.joined) == (4, 5000, 1, 2, 1)


@pytest.mark.parametrize(
    "key", ["revenue", "orders", "new_buyers", "repeat_orders", "joined", "messages_sent", "messages_skipped"]
)
def test_a_figure_equals_the_rows_that_it_opens(workspace: Workspace, other_workspace: Workspace, key: str) -> None:
    history()
    with workspace_scope(other_workspace):
        history()

    rows = queries.counted_rows(key, MARCH, today=TODAY)

    if key == "revenue":
        net = Coalesce(Sum("value_minor") - Sum("refunded_value_minor"), 0)
        assert rows.aggregate(net=net)["net"] == asdict(queries.figures(MARCH))[key]
    else:
        assert rows.count() == asdict(queries.figures(MARCH))[key]


def test_each_bar_of_the_channel_chart_equals_its_rows(workspace: Workspace) -> None:
    history()

    by_channel = queries.orders_by_channel(MARCH)

    assert sum(by_channel.values()) == queries.figures(MARCH).orders
    for (day, channel), orders in by_channel.items():
        bucket = next(bucket for bucket in MARCH.buckets() if bucket.first == day)
        assert queries.counted_rows("orders", bucket, channel=channel, today=TODAY).count() == orders


def test_days_ahead_wrap_around_the_year_and_keep_29_february(workspace: Workspace) -> None:
    leapling = CustomerFactory(birth_monthday=229)
    new_year = CustomerFactory(birth_monthday=101)

    assert queries.birthdays_ahead(date(2026, 12, 30)) == [new_year]
    assert queries.birthdays_ahead(date(2026, 2, 27)) == [leapling]
    assert queries.birthdays_ahead(date(2028, 2, 29)) == [leapling]
    assert queries.birthdays_ahead(date(2026, 3, 1)) == []


def test_comparisons_shift_by_the_period_or_by_a_year() -> None:
    assert MARCH.compared(Comparison.PREVIOUS) == Period(date(2026, 1, 29), date(2026, 2, 28))
    assert MARCH.compared(Comparison.YEAR) == Period(date(2025, 3, 1), date(2025, 3, 31))
    leap = Period(date(2028, 2, 29), date(2028, 2, 29))
    assert leap.compared(Comparison.YEAR) == Period(date(2027, 2, 28), date(2027, 2, 28))


@pytest.mark.parametrize("preset", Preset)
def test_buckets_cover_each_day_of_a_period_once(preset: Preset) -> None:
    period = preset_period(preset, today=TODAY)

    days = [bucket.first + timedelta(days=offset) for bucket in period.buckets() for offset in range(bucket.days)]

    assert days == [period.first + timedelta(days=offset) for offset in range(period.days)]


@time_machine.travel("2026-03-20 12:00", tick=False)
def test_the_overview_costs_the_same_for_one_order_and_for_many(
    workspace: Workspace, owner_browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    OrderFactory()
    recount_all_orders()
    owner_browser.get("/")
    with django_assert_num_queries(OVERVIEW_QUERIES):
        owner_browser.get("/")
    history()
    with django_assert_num_queries(OVERVIEW_QUERIES):
        assert owner_browser.get("/").status_code == 200


OVERVIEW_QUERIES = 19


@pytest.mark.parametrize(
    "query",
    [
        "period=custom",
        "period=custom&first=2026-03-05&last=2026-03-01",
        "period=custom&first=0001-01-01&last=2026-03-01",
        "period=custom&first=2026-02-30&last=2026-03-01",
        "period=nonsense",
        "compare=nonsense",
    ],
)
def test_a_wrong_period_is_said_and_the_page_still_shows(
    workspace: Workspace, owner_browser: Browser, query: str
) -> None:
    response = owner_browser.get(f"/?{query}")

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("path", ["nonsense/?first=2026-03-01&last=2026-03-31", "orders/", "orders/?first=x&last=y"])
def test_an_address_that_no_figure_opens_is_not_found(workspace: Workspace, owner_browser: Browser, path: str) -> None:
    assert owner_browser.get(f"/metrics/{path}").status_code == 404
