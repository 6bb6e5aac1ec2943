"""A real shop's customers and orders come in, by file and by program: what is counted is what was published of them.

Every portion is committed as in earnest, since one transaction of all of it would outlast what Postgres allows us.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum

from accounts.models import Role, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer, Facts, Import
from customers.tasks import run_imports
from metrics.queries import monthly_cohorts
from sales.models import Order
from tests import cdnow
from tests.api.conftest import ApiClient, api_client
from tests.client import Browser
from tests.conftest import member_of, signed_in
from tests.factories.accounts import WorkspaceFactory
from timeline.drain import drain_workspace
from timeline.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = {
    "customers": ("external_id", "joined_on"),
    "orders": ("number", "placed_at", "customer_external_id", "units", "total"),
}


@pytest.fixture
def shop() -> Workspace:
    return WorkspaceFactory(name="CDNOW", slug="cdnow", zone="America/New_York", currency="USD")


@pytest.fixture
def neighbour() -> Workspace:
    return WorkspaceFactory(name="Bakery", slug="bakery")


def work_off(workspace: Workspace) -> None:
    """What workers do until there is nothing left to do."""
    with workspace_scope(workspace):
        has_imports = Import.objects.under_way().exists()
    if has_imports:
        run_imports.run(workspace)
        work_off(workspace)
    while drain_workspace(workspace):
        pass


def assert_whole(shop: Workspace, *, neighbour: Workspace) -> int:
    """Nothing is missing, nothing is double, nothing is elsewhere. Returns how many events were told of customers."""
    with workspace_scope(neighbour):
        assert (Customer.objects.count(), Order.objects.count()) == (0, 0)
    with workspace_scope(shop):
        assert (Customer.objects.count(), Order.objects.count()) == (cdnow.CUSTOMERS, cdnow.ORDERS)
        sums = Order.objects.aggregate(units=Sum("units"), spent=Sum("total_minor"), worth=Sum("value_minor"))
        assert sums == {"units": cdnow.UNITS, "spent": cdnow.SPENT_MINOR, "worth": cdnow.SPENT_MINOR}
        assert Facts.objects.filter(purchase_days__gte=2).count() == cdnow.BOUGHT_ON_TWO_DAYS
        assert Facts.objects.aggregate(spent=Sum("spent_minor")) == {"spent": cdnow.SPENT_MINOR}
        cohorts = monthly_cohorts()
        assert {month: [ages[age] for age in range(4)] for month, ages in cohorts.items()} == cdnow.COHORTS
        return Event.objects.filter(customer_id__isnull=False).count()


def import_by_pages(browser: Browser, shop: Workspace, kind: str, file: Path) -> Import:
    """Upload, look at the guessed columns and take them, look at the preview, start, and wait for the workers."""
    upload = SimpleUploadedFile(file.name, file.read_bytes())
    page = landing(browser, "/imports/new/", {"kind": kind, "file": upload})
    form = browser.get(page).context["form"]
    assert tuple(form[f"column_{at}"].initial for at in range(len(FIELDS[kind]))) == FIELDS[kind]
    answers = {name: form[name].initial for name in form.fields if form[name].initial is not None}
    detail = landing(browser, page, answers)
    work_off(shop)
    preview = browser.get(detail)
    assert f"Import {preview.context['source'].rows_total:,} lines" in preview.content.decode()

    landing(browser, f"{detail}start/", {})
    work_off(shop)
    source = browser.get(detail).context["source"]
    assert isinstance(source, Import)
    return source


def landing(browser: Browser, path: str, data: dict[str, Any]) -> str:
    """Post a form; the page that it leads to."""
    return browser.post(path, data).headers["Location"].removeprefix(browser.prefix)


def test_by_the_pages(shop: Workspace, neighbour: Workspace, tmp_path: Path) -> None:
    browser = signed_in(member_of(shop, Role.OWNER))
    files = dict(zip(FIELDS, cdnow.write_files(tmp_path), strict=True))

    people, orders = [import_by_pages(browser, shop, kind, file) for kind, file in files.items()]

    assert (people.rows_created, people.rows_refused, people.rows_warned) == (cdnow.CUSTOMERS, 0, 0)
    assert (orders.rows_created, orders.rows_refused, orders.rows_warned) == (cdnow.ORDERS, 0, 0)
    told = assert_whole(shop, neighbour=neighbour)

    people, orders = [import_by_pages(browser, shop, kind, file) for kind, file in files.items()]

    assert (people.rows_unchanged, orders.rows_unchanged) == (cdnow.CUSTOMERS, cdnow.ORDERS)
    assert assert_whole(shop, neighbour=neighbour) == told


def send_batches(program: ApiClient, name: str, items: Iterator[dict[str, Any]]) -> dict[str, int]:
    """Batches of a thousand; how many items had which outcome."""
    told: dict[str, int] = {}
    while batch := list(islice(items, 1000)):
        for outcome in program.tell(f"/{name}/batch", {name: batch}).json()["data"]:
            told[outcome["status"]] = told.get(outcome["status"], 0) + 1
    return told


def people_items() -> Iterator[dict[str, Any]]:
    for customer, day in cdnow.joined().items():
        yield {"external_id": customer, "joined_on": day.isoformat()}


def order_items() -> Iterator[dict[str, Any]]:
    for each in cdnow.purchases():
        yield {
            "number": str(each.number),
            "placed_at": f"{each.day}T12:00:00-05:00",
            "customer_external_id": each.customer,
            "units": each.units,
            "total_minor": round(Decimal(each.dollars) * 100),
        }


def test_by_the_api(shop: Workspace, neighbour: Workspace) -> None:
    program = api_client(shop)

    told = [send_batches(program, "customers", people_items()), send_batches(program, "orders", order_items())]

    assert told == [{"created": cdnow.CUSTOMERS}, {"created": cdnow.ORDERS}]
    work_off(shop)
    events = assert_whole(shop, neighbour=neighbour)

    # A part of them again; the files bring all of them again.
    again = [islice(people_items(), 3_000), islice(order_items(), 9_000)]
    told = [send_batches(program, name, items) for name, items in zip(FIELDS, again, strict=True)]

    assert told == [{"unchanged": 3_000}, {"unchanged": 9_000}]
    work_off(shop)
    assert assert_whole(shop, neighbour=neighbour) == events
