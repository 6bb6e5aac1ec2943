from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.core.signing import Signer

from accounts.models import Workspace
from accounts.paging import keyset_page
from sales.models import Order, Product
from tests.factories.sales import OrderFactory, ProductFactory

pytestmark = pytest.mark.usefixtures("workspace")


def pages(rows: Callable[[str], tuple[list[int], str | None]]) -> list[list[int]]:
    found, cursor = [], ""
    while True:
        ids, following = rows(cursor)
        found.append(ids)
        if following is None:
            return found
        cursor = following


@pytest.mark.parametrize("sort", ["placed_at", "-placed_at", "total_minor", "-total_minor", "placed_on", "pk", "-pk"])
def test_pages_hold_each_row_once_and_in_order(sort: str) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    for number in (3, 1, 1, 2, 2, 2, 5):
        OrderFactory(placed_at=start + timedelta(days=number), total_minor=number)

    def page_ids(cursor: str) -> tuple[list[int], str | None]:
        page = keyset_page(Order.objects.all(), sort=sort, cursor=cursor, size=3)
        return [row.pk for row in page.rows], page.next_cursor

    ids = pages(page_ids)

    tie = "-pk" if sort.startswith("-") else "pk"
    assert [len(page) for page in ids] == [3, 3, 1]
    assert [pk for page in ids for pk in page] == list(Order.objects.order_by(sort, tie).values_list("pk", flat=True))


def test_a_page_that_ends_with_the_last_row_has_no_next_one() -> None:
    for name in ("Ärger", "\U0001f950", "a"):
        ProductFactory(name=name)

    assert keyset_page(Product.objects.all(), sort="name", size=3).next_cursor is None
    first = keyset_page(Product.objects.all(), sort="name", size=2)
    assert [
        row.name for row in keyset_page(Product.objects.all(), sort="name", cursor=first.next_cursor or "").rows
    ] == ["\U0001f950"]


@pytest.mark.parametrize(
    "cursor",
    ["?", "x" * 5000, "W10:abc", "\x00", "é", Signer(salt="cursor").sign_object(["sales.Cart", "placed_at", "", 1])],
)
def test_a_cursor_that_nobody_gave_out_begins_at_the_start(cursor: str) -> None:
    order = OrderFactory()

    assert keyset_page(Order.objects.all(), sort="-placed_at", cursor=cursor).rows == [order]


def test_a_page_is_one_query(
    workspace: Workspace, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    OrderFactory.create_batch(3)

    for size in (1, 3):
        with django_assert_num_queries(1):
            keyset_page(Order.objects.all(), sort="-placed_at", size=size)
