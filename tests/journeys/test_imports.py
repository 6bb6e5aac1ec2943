"""The first hour of a shop: its customers and orders come in from files, and the overview tells of them."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from customers.actions.imports import plan_import, start_import, upload_import
from customers.importing.plans import plan_of
from customers.models import Facts, Import, ImportRow
from tests.client import Browser
from tests.journeys.conftest import Worker

CUSTOMERS = """E-mail,Name,Birthday,Customer since
lina@mail.example,Lina Haas,1992-05-03,2026-01-10
otto@mail.example,Otto Brandt,,2026-02-01
nobody at all,Nobody,,2026-02-01
"""
ORDERS = """Order number,Date,E-mail,Total,Channel
A-1,2026-03-02,lina@mail.example,12.50,shop
A-2,2026-04-02,lina@mail.example,7.50,web
A-3,2026-04-03,otto@mail.example,20.00,shop
"""
FILES = [("customers", CUSTOMERS), ("orders", ORDERS)]
ALL_OF_2026 = "period=custom&first=2026-01-01&last=2026-12-31"


def bring_in(kind: str, text: str, *, owner: User, worker: Worker) -> Import:
    """Upload, take the guessed columns, have every line checked, start."""
    source = upload_import(kind=kind, upload=SimpleUploadedFile(f"{kind}.csv", text.encode()), created_by=owner)
    plan_import(source, plan=plan_of(source.reading))
    worker()
    start_import(source)
    worker()
    source.refresh_from_db()
    assert source.state == Import.State.DONE
    return source


def test_files_to_facts_to_overview_and_again_to_no_change(owner: User, owner_browser: Browser, worker: Worker) -> None:
    people = bring_in("customers", CUSTOMERS, owner=owner, worker=worker)
    orders = bring_in("orders", ORDERS, owner=owner, worker=worker)

    assert (people.rows_created, people.rows_refused, orders.rows_created) == (2, 1, 3)
    assert ImportRow.objects.get().line == 4
    facts = Facts.objects.order_by("customer__name").values_list("customer__name", "orders_count", "spent_minor")
    assert list(facts) == [("Lina Haas", 2, 2000), ("Otto Brandt", 1, 2000)]
    overview = owner_browser.get(f"/?{ALL_OF_2026}").content.decode()
    assert "€40.00" in overview

    again = [bring_in(kind, text, owner=owner, worker=worker) for kind, text in FILES]

    assert [(each.rows_created, each.rows_updated) for each in again] == [(0, 0), (0, 0)]
    assert list(facts.all()) == [("Lina Haas", 2, 2000), ("Otto Brandt", 1, 2000)]
    assert "€40.00" in owner_browser.get(f"/?{ALL_OF_2026}").content.decode()
