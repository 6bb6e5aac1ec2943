from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from sales.models import Cart, Order, Product
from tests.factories.customers import CustomerFactory


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.Sequence(lambda n: f"Loaf {n}")
    category = "Bread"
    price_minor = 450


class OrderFactory(DjangoModelFactory[Order]):
    class Meta:
        model = Order

    customer = factory.SubFactory(CustomerFactory)
    number = factory.Sequence(lambda n: f"A-{n}")
    channel = "shop"
    placed_at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    placed_on = factory.LazyAttribute(lambda order: order.placed_at.date())
    currency = "EUR"
    total_minor = 1250
    value_minor = factory.SelfAttribute("total_minor")
    units = 1


class CartFactory(DjangoModelFactory[Cart]):
    class Meta:
        model = Cart

    customer = factory.SubFactory(CustomerFactory)
    key = factory.Sequence(lambda n: f"cart-{n}")
    currency = "EUR"
    total_minor = 900
