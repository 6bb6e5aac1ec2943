"""The lines of orders and carts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from accounts.public_ids import encode_id
from accounts.rest.fields import Integer, MinorUnits, PublicId, Text
from accounts.rest.serializers import StrictSerializer
from sales.actions.lines import MOST_LINES, MOST_UNITS, NewLine
from sales.api.products import PREFIX as PRODUCT
from sales.models import CartLine, OrderLine, Product


class CartLineSerializer(StrictSerializer):
    product = PublicId(PRODUCT, required=False, allow_null=True, help_text="By its id, or by `sku`.")
    sku = Text(required=False, max_length=80, help_text="The product's, in the place of its id.")
    description = Text(required=False, max_length=200, help_text="The product's name, unless it is said.")
    quantity = Integer(required=False, min_value=1, max_value=MOST_UNITS, default=1)
    unit_price_minor = MinorUnits(required=False, help_text="The product's price, unless it is said.")

    def to_representation(self, instance: CartLine | OrderLine) -> dict[str, Any]:
        product = instance.product
        return {
            "product": encode_id(PRODUCT, product.pk) if product else None,
            "sku": product.sku if product else "",
            "description": instance.description,
            "quantity": instance.quantity,
            "unit_price_minor": instance.unit_price_minor,
        }


class OrderLineSerializer(CartLineSerializer):
    total_minor = MinorUnits(required=False, help_text="Quantity times price, unless it is said.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**super().to_representation(instance), "total_minor": instance.total_minor}


class LinesField(serializers.ListField):
    """All lines, in order; written, they replace what was there."""

    def __init__(self, child: CartLineSerializer, **kwargs: Any) -> None:
        super().__init__(child=child, max_length=MOST_LINES, help_text=self.__doc__, **kwargs)

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(data.all())

    def run_validation(self, data: Any = serializers.empty) -> list[NewLine]:
        return new_lines(super().run_validation(data))


def new_lines(lines: Sequence[Mapping[str, Any]]) -> list[NewLine]:
    """The checked lines with their products, found by one query. Raises ValidationError naming the line."""
    products = _products_of(lines)
    new: list[NewLine] = []
    errors: dict[Any, Any] = {}
    for position, line in enumerate(lines):
        reference = next(((name, line[name]) for name in ("product", "sku") if line.get(name)), None)
        if reference and reference not in products:
            errors[position] = {reference[0]: [serializers.ErrorDetail(_MISSING, "unknown_reference")]}
            continue
        amounts = {name: line[name] for name in _COPIED if name in line}
        new.append(NewLine(product=products[reference] if reference else None, **amounts))
    if errors:
        raise serializers.ValidationError(errors)
    return new


_MISSING = "There is no such product in this workspace."
_COPIED = ("description", "quantity", "unit_price_minor", "total_minor")


def _products_of(lines: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int | str], Product]:
    ids = {line["product"] for line in lines if line.get("product")}
    skus = {line["sku"] for line in lines if line.get("sku")}
    if not ids and not skus:
        return {}
    found = Product.objects.filter(pk__in=ids) | Product.objects.filter(sku__in=skus)
    by_reference: dict[tuple[str, int | str], Product] = {}
    for product in found:
        by_reference["product", product.pk] = by_reference["sku", product.sku] = product
    return by_reference
