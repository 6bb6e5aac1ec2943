"""What a flow sends to the people on their way, as drafts for the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from customers.models import Customer
from customers.queries.filtering import Among
from messaging.drafts import MessageDraft
from messaging.models import Enrolment, Priority, SubscriptionTopic, TemplateVersion
from messaging.purposes import Purpose


def dedupe_key(enrolment_id: int, step: str) -> str:
    return f"{Purpose.FLOW}:{enrolment_id}:{step}"


def drafts_of(
    enrolments: Sequence[Enrolment], step: str, version: TemplateVersion, topic: SubscriptionTopic, *, now: datetime
) -> list[MessageDraft]:
    """One for each, also for those without an address: why a message was not sent is a row, too."""
    customers = Customer.objects.filter(Among("pk", sorted({each.customer_id for each in enrolments})))
    addresses = dict(customers.values_list("pk", "email"))
    return [
        MessageDraft(
            address=addresses.get(each.customer_id, ""),
            purpose=Purpose.FLOW,
            dedupe_key=dedupe_key(each.pk, step),
            template_version_id=version.pk,
            customer_id=each.customer_id,
            topic_id=topic.pk,
            # Whose lines the text shows: what is in the cart is looked up when the message leaves.
            context={"cart_id": each.context["cart_id"]} if "cart_id" in each.context else {},
            priority=Priority.AUTOMATION,
            not_before=now,
            enrolment_id=each.pk,
            step=step,
        )
        for each in enrolments
    ]
