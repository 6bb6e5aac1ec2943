from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sales.actions.amounts import refuse_amount
from sales.events import ProductAdded, ProductArchived, ProductChanged, ProductRestored
from sales.models import Product
from sales.refusals import SkuTaken, clean_columns, translate
from timeline.recording import record


class ProductChanges(TypedDict, total=False):
    sku: str
    name: str
    category: str
    price_minor: int
    url: str


@transaction.atomic
def add_product(*, sku: str, name: str, category: str = "", price_minor: int = 0, url: str = "") -> Product:
    """Offer a product; the price is in minor units of the workspace's currency. Raises SkuTaken."""
    product = Product(sku=sku, name=name, category=category, price_minor=price_minor, url=url)
    _save(product)
    record(ProductAdded(customer_id=None, product_id=product.pk))
    return product


@transaction.atomic
def edit_product(product: Product, **changes: Unpack[ProductChanges]) -> Product:
    """Change what is named and nothing else. Raises SkuTaken."""
    product = _locked(product)
    changed = [(name, value) for name, value in changes.items() if getattr(product, name) != value]
    if not changed:
        return product
    for name, value in changed:
        setattr(product, name, value)
    _save(product)
    record(ProductChanged(customer_id=None, product_id=product.pk))
    return product


@transaction.atomic
def archive_product(product: Product) -> Product:
    """Take a product off offer. Orders keep it; archiving twice changes nothing."""
    product = _locked(product)
    if product.archived_at is None:
        product.archived_at = timezone.now()
        product.save(update_fields=["archived_at"])
        record(ProductArchived(customer_id=None, product_id=product.pk))
    return product


@transaction.atomic
def restore_product(product: Product) -> Product:
    product = _locked(product)
    if product.archived_at is not None:
        product.archived_at = None
        product.save(update_fields=["archived_at"])
        record(ProductRestored(customer_id=None, product_id=product.pk))
    return product


def _save(product: Product) -> None:
    refuse_amount(product.price_minor, field="price_minor", label="price")
    clean_columns(product)
    with translate(
        "one_product_per_sku", SkuTaken(_("Another product has the SKU “%(sku)s”.") % {"sku": product.sku}, field="sku")
    ):
        product.save()


def _locked(product: Product) -> Product:
    return Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
