from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.refusals import Refused, ValueRefused
from sales.actions import add_product, archive_product, edit_product, restore_product
from sales.models import Product
from sales.refusals import AmountRefused, SkuTaken
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_add_product_offers_it() -> None:
    product = add_product(sku="RYE", name="Rye", category="Bread", price_minor=450)

    assert Product.objects.offered().get() == product
    assert kinds() == ["ProductAdded"]


def test_add_product_refuses_a_sku_twice_within_a_workspace(other_workspace: Workspace) -> None:
    add_product(sku="RYE", name="Rye")

    with pytest.raises(SkuTaken, match="Another product has the SKU “RYE”"):
        add_product(sku="RYE", name="Other")

    with workspace_scope(other_workspace):
        assert add_product(sku="RYE", name="Rye").sku == "RYE"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"sku": ""}, ValueRefused),
        ({"name": ""}, ValueRefused),
        ({"name": "n" * 1_000_000}, ValueRefused),
        ({"url": "javascript:alert(1)"}, ValueRefused),
        ({"price_minor": -1}, AmountRefused),
        ({"price_minor": 10**18}, AmountRefused),
    ],
)
def test_add_product_refuses_what_its_columns_would(given: dict[str, Any], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        add_product(**{"sku": "RYE", "name": "Rye"} | given)

    assert Product.objects.count() == Event.objects.count() == 0


def test_edit_product_changes_what_is_named_and_tells_only_of_changes() -> None:
    product = add_product(sku="RYE", name="Rye", price_minor=450)

    edit_product(product, price_minor=500)
    edit_product(product, price_minor=500)

    product.refresh_from_db()
    assert (product.sku, product.price_minor) == ("RYE", 500)
    assert kinds() == ["ProductAdded", "ProductChanged"]


def test_archive_product_can_be_undone_and_is_told_once() -> None:
    product = add_product(sku="RYE", name="Rye")

    for _ in range(2):
        archive_product(product)
    assert Product.objects.offered().count() == 0
    for _ in range(2):
        restore_product(product)

    assert Product.objects.offered().count() == 1
    assert kinds() == ["ProductAdded", "ProductArchived", "ProductRestored"]
