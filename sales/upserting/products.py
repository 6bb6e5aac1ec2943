"""What was bought, by SKU."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.scope import current_workspace
from sales.events import ProductAdded
from sales.models import Product
from sales.upserting.rows import OrderRow, unit_price
from timeline.recording import record_many


def find_products(rows: Iterable[OrderRow]) -> dict[str, int]:
    """The ids of all products that the lines name by SKU; one that is not known is added as the line describes it."""
    home = current_workspace().currency
    described: dict[str, Product] = {}
    for row in rows:
        for line in row.lines or ():
            if line.sku and line.sku not in described:
                price = unit_price(line) if row.currency in {None, home} else 0
                described[line.sku] = Product(
                    sku=line.sku, name=line.name or line.sku, category=line.category, price_minor=price
                )
    if not described:
        return {}
    known = _known(described)
    missing = [product for sku, product in described.items() if sku not in known]
    if not missing:
        return known
    Product.objects.bulk_create(missing, ignore_conflicts=True)
    found = _known(described)
    record_many(ProductAdded(customer_id=None, product_id=found[product.sku]) for product in missing)
    return found


def _known(skus: Iterable[str]) -> dict[str, int]:
    return dict(Product.objects.filter(sku__in=list(skus)).values_list("sku", "pk"))
