from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.refusals import Refused
from sales.actions.products import ProductChanges
from sales.forms.fields import MoneyField
from sales.models import Product


class ProductForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    sku = forms.CharField(
        label=_("SKU"), max_length=80, help_text=_("What your till or shop calls it. Each product has its own.")
    )
    category = forms.CharField(
        label=_("Category"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "category-choices", "autocomplete": "off"}),
    )
    price = MoneyField(label=_("Price"), required=False)
    url = forms.URLField(label=_("Page in your shop"), max_length=500, required=False, assume_scheme="https")

    def __init__(self, data: Any = None, *, product: Product | None = None) -> None:
        initial = {}
        if product:
            initial = {name: getattr(product, name) for name in ("name", "sku", "category", "url")}
            initial["price"] = product.price_minor
        super().__init__(data, initial=initial)

    def changes(self) -> ProductChanges:
        given = self.cleaned_data
        return ProductChanges(
            name=given["name"],
            sku=given["sku"],
            category=given["category"],
            price_minor=given["price"] or 0,
            url=given["url"],
        )

    def new_product(self) -> dict[str, Any]:
        """What `add_product` takes."""
        return {**self.changes()}

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Show what an action refuses at the field that it is about."""
        try:
            yield
        except Refused as refused:
            name = refused.field.removesuffix("_minor")
            self.add_error(name if name in self.fields else None, str(refused))
