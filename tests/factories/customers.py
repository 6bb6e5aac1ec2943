from __future__ import annotations

from datetime import date

import factory
from factory.django import DjangoModelFactory

from customers.models import Attribute, Customer, Facts, Note, Tag


class CustomerFactory(DjangoModelFactory[Customer]):
    """In the workspace of the open scope, with the empty facts that every customer has."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Customer {n}")
    email = factory.Sequence(lambda n: f"customer{n}@mail.example")
    email_norm = factory.LazyAttribute(lambda customer: customer.email.strip().lower())
    joined_on = date(2026, 1, 15)
    facts = factory.RelatedFactory("tests.factories.customers.FactsFactory", factory_related_name="customer")


class FactsFactory(DjangoModelFactory[Facts]):
    class Meta:
        model = Facts


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag {n}")


class NoteFactory(DjangoModelFactory[Note]):
    class Meta:
        model = Note

    customer = factory.SubFactory(CustomerFactory)
    text = factory.Sequence(lambda n: f"Note {n}")


class AttributeFactory(DjangoModelFactory[Attribute]):
    class Meta:
        model = Attribute

    key = factory.Sequence(lambda n: f"attribute_{n}")
    label = factory.Sequence(lambda n: f"Attribute {n}")
