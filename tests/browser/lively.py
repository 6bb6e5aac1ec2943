"""A small demo bakery in which something of everything has happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import LazySettings
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from crm.demo.bakery import open_bakery
from customers.models import Customer
from messaging.actions import add_template, end_quiet_hours, queue_messages, set_quiet_hours
from messaging.drafts import MessageDraft
from messaging.eligibility import consents_of
from messaging.models import SubscriptionTopic
from messaging.purposes import Purpose
from messaging.sending.lines import hang_up_everywhere
from messaging.sending.rounds import send_due
from tests.relay import DROP, Relay, running


@contextmanager
def mail_server(settings: LazySettings) -> Iterator[Relay]:
    """A mail server that takes whatever the product sends."""
    with running(Relay()) as relay:
        settings.EMAIL_URL = relay.url
        yield relay
        hang_up_everywhere()


def open_lively_bakery(settings: LazySettings, *, customers: int = 60) -> Workspace:
    bakery = open_bakery(customers=customers)
    with mail_server(settings) as relay:
        with workspace_scope(bakery):
            end_quiet_hours()  # it may be night, and something has to leave now
            _write_to_some(relay)
        send_due(bakery)
        with workspace_scope(bakery):
            set_quiet_hours(begins=21, ends=8)
    return bakery


def _write_to_some(relay: Relay) -> None:
    """Of the messages, one will be sent, one refused, one in doubt, one not allowed, and one is for tomorrow."""
    topic = SubscriptionTopic.objects.in_use()[0]
    text = add_template(
        key="", name="Apple cake is back", subject="Apple cake is back", body="Dear {{ customer.first_name }}, come by."
    )
    buyers = list(Customer.objects.exclude(email="").order_by("-facts__orders_count", "pk"))
    agreed = consents_of([buyer.pk for buyer in buyers], [topic.pk])
    reachable = [buyer for buyer in buyers if (buyer.pk, topic.pk) in agreed][:4]
    chosen = [*reachable, next(buyer for buyer in buyers if (buyer.pk, topic.pk) not in agreed)]
    relay.rcpt_replies[chosen[1].email] = "550 No such user here"
    relay.body_replies[chosen[2].email] = DROP
    queue_messages(
        MessageDraft(
            address=buyer.email,
            purpose=Purpose.TEST,
            dedupe_key=f"cake:{buyer.pk}",
            template_version_id=text.pk,
            customer_id=buyer.pk,
            topic_id=topic.pk,
            not_before=timezone.now() + timedelta(days=1) if buyer == chosen[3] else None,
        )
        for buyer in chosen
    )
