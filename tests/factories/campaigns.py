from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from customers.models import Segment, SegmentKind, SegmentMembership
from messaging.models import Campaign
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TemplateVersionFactory, TopicFactory


class ListFactory(DjangoModelFactory[Segment]):
    """A list by hand."""

    class Meta:
        model = Segment

    name = factory.Sequence(lambda n: f"List {n}")
    kind = SegmentKind.STATIC
    build_from = None


class ListedFactory(DjangoModelFactory[SegmentMembership]):
    class Meta:
        model = SegmentMembership

    segment = factory.SubFactory(ListFactory)
    customer = factory.SubFactory(CustomerFactory)


class CampaignFactory(DjangoModelFactory[Campaign]):
    """A draft that lacks nothing: to everybody who agreed to its topic, at once."""

    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    template = factory.LazyFunction(lambda: TemplateVersionFactory().template)
    topic = factory.SubFactory(TopicFactory)
    zone = "Europe/Berlin"
