from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from customers.models import Customer
from messaging.addresses import hash_address
from messaging.models import (
    ConsentRecord,
    ConsentSource,
    ConsentState,
    Message,
    Reply,
    SubscriptionTopic,
    Template,
    TemplateVersion,
)
from tests.factories.customers import CustomerFactory


class TemplateFactory(DjangoModelFactory[Template]):
    class Meta:
        model = Template

    name = factory.Sequence(lambda n: f"Template {n}")


class TemplateVersionFactory(DjangoModelFactory[TemplateVersion]):
    """Already compiled; `messaging.actions.write_template` is what compiles."""

    class Meta:
        model = TemplateVersion

    template = factory.SubFactory(TemplateFactory)
    number = 1
    subject = "Happy birthday, {{ customer.first_name }}"
    body = "<p>Dear {{ customer.name }}</p>"
    text = "Dear {{ customer.name }}"
    html = "<p>Dear {{ customer.name }}</p>"
    layout_hash = ""


class TopicFactory(DjangoModelFactory[SubscriptionTopic]):
    class Meta:
        model = SubscriptionTopic
        django_get_or_create = ("key",)

    key = factory.Sequence(lambda n: f"topic-{n}")
    name = factory.Sequence(lambda n: f"Topic {n}")


class ConsentFactory(DjangoModelFactory[ConsentRecord]):
    class Meta:
        model = ConsentRecord

    customer = factory.SubFactory(CustomerFactory)
    topic = factory.SubFactory(TopicFactory)
    state = ConsentState.GIVEN
    source = ConsentSource.STAFF
    actor = "system"


class MessageFactory(DjangoModelFactory[Message]):
    """Transactional and due, unless told otherwise."""

    class Meta:
        model = Message

    customer = factory.SubFactory(CustomerFactory)
    purpose = "greeting"
    template_version = factory.SubFactory(TemplateVersionFactory)
    dedupe_key = factory.Sequence(lambda n: f"greeting:{n}")
    message_id = factory.Sequence(lambda n: f"<{n}@rapport.example>")
    address = factory.SelfAttribute("customer.email")
    address_hash = factory.LazyAttribute(lambda message: hash_address(message.address))
    # A test is one transaction, and Postgres' now() is when it began.
    not_before = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=5))


class ReplyFactory(DjangoModelFactory[Reply]):
    class Meta:
        model = Reply

    message = factory.SubFactory(MessageFactory)
    customer = factory.SelfAttribute("message.customer")
    mail_id = factory.Sequence(lambda n: f"<answer-{n}@mail.example>")
    sender = factory.SelfAttribute("customer.email")
    subject = "Re: News"
    text = "Thank you! Is the rye loaf back?"
    received_at = factory.LazyFunction(timezone.now)


def newsletter_for(customer: Customer, **fields: Any) -> Message:
    """A message about a topic that this customer agreed to, due now."""
    consent = ConsentFactory(customer=customer, topic__key="newsletter")
    return MessageFactory(customer=customer, topic=consent.topic, **fields)
