from __future__ import annotations

from datetime import date

import factory
from factory.django import DjangoModelFactory

from customers.models import Customer, Tag


class CustomerFactory(DjangoModelFactory[Customer]):
    """In the workspace of the open scope."""

    class Meta:
        model = Customer

    name = factory.Sequence(lambda n: f"Customer {n}")
    email = factory.Sequence(lambda n: f"customer{n}@mail.example")
    email_norm = factory.LazyAttribute(lambda customer: customer.email.strip().lower())
    joined_on = date(2026, 1, 15)


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag {n}")
