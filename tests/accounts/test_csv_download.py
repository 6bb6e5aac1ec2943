from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.http import StreamingHttpResponse

from accounts.csv_download import Rows, csv_download
from accounts.models import Workspace
from accounts.scope import has_scope, workspace_scope
from sales.models import Product
from tests.factories.accounts import WorkspaceFactory
from tests.factories.sales import ProductFactory


def read(response: StreamingHttpResponse) -> list[list[str]]:
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.django_db(transaction=True)
def test_a_download_reads_each_batch_in_a_scope_of_its_own() -> None:
    bakery = WorkspaceFactory(name="Bäckerei Nord")
    with workspace_scope(bakery):
        for name in ("Rye", "Bun", "Cake"):
            ProductFactory(name=name)
    was_atomic = []

    def batch(cursor: str) -> tuple[Rows, str | None]:
        was_atomic.append(connection.in_atomic_block)
        names = list(Product.objects.order_by("pk").values_list("name", flat=True))
        at = int(cursor or 0)
        return [[names[at], at]], str(at + 1) if at < 2 else None

    response = csv_download(bakery, name="products", header=["Name", "At"], batch=batch)
    assert not has_scope()

    assert read(response) == [["Name", "At"], ["Rye", "0"], ["Bun", "1"], ["Cake", "2"]]
    assert was_atomic == [True] * 3
    assert response.headers["Content-Disposition"] == 'attachment; filename="backerei-nord-products.csv"'


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_cells_that_a_spreadsheet_would_run_are_defused(workspace: Workspace, cell: str) -> None:
    response = csv_download(workspace, name="x", header=["A"], batch=lambda _: ([[cell, -2, None]], None))

    assert read(response)[1] == [f"'{cell}", "-2", ""]
