"""Two transactions that bring the same customers at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.scope import workspace_scope
from customers.actions.upsert import CustomerRow, Status, upsert_customers
from customers.models import Customer, CustomerTag, ExternalId
from tests.factories.accounts import WorkspaceFactory
from timeline.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_at_once_with_the_same_new_customers_neither_block_nor_double() -> None:
    """Each has them in another order, with addresses, ids and tags; both begin at the same moment, five times."""
    shop = WorkspaceFactory()
    together = threading.Barrier(2, timeout=60)

    def bring(at: int, backwards: bool) -> list[Status]:  # noqa: FBT001  one of the two
        people = [
            CustomerRow(
                external_id=f"K{n}", name=f"N{n}", email=f"{n}@x.example", email_norm=f"{n}@x.example", tags=("t",)
            )
            for n in range(at, at + 400)
        ]
        try:
            together.wait()
            with workspace_scope(shop):
                outcomes = upsert_customers(people[::-1] if backwards else people, source="api")
            return [outcome.status for outcome in outcomes]
        finally:
            connections.close_all()

    for at in range(0, 1000, 200):  # every round shares half of its people with the one before
        with ThreadPoolExecutor(2) as pool:
            told = [each.result() for each in [pool.submit(bring, at, backwards) for backwards in (False, True)]]
        assert Counter(told[0] + told[1])[Status.CREATED] == (400 if at == 0 else 200)
        assert set(told[0] + told[1]) <= {Status.CREATED, Status.UNCHANGED}

    with workspace_scope(shop):
        assert (Customer.objects.count(), ExternalId.objects.count(), CustomerTag.objects.count()) == (1200, 1200, 1200)
        assert Event.objects.filter(kind="CustomerJoined").count() == 1200
