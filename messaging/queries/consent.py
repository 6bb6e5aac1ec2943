from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Workspace
from accounts.scope import current_workspace_id
from customers.models import Customer
from messaging.addresses import hash_address
from messaging.eligibility import survivors
from messaging.links import public_page
from messaging.models import ConsentRecord, ConsentState, Message, SubscriptionTopic, Suppression


@dataclass(frozen=True)
class TopicState:
    """A topic, and the customer's newest word on it, if there is any."""

    topic: SubscriptionTopic
    record: ConsentRecord | None

    @property
    def state(self) -> str:
        return self.record.state if self.record else ""

    @property
    def is_given(self) -> bool:
        return self.state == ConsentState.GIVEN


def topic_states(customer: Customer) -> list[TopicState]:
    """Every topic in use, and archived ones that the customer said something about. Two queries."""
    said = {record.topic_id: record for record in ConsentRecord.objects.filter(customer=customer).current()}
    topics = SubscriptionTopic.objects.all()
    return [TopicState(topic, said.get(topic.pk)) for topic in topics if topic.archived_at is None or topic.pk in said]


def topics_asked(message: Message) -> list[SubscriptionTopic]:
    """What the link of this message confirms."""
    asked = ConsentRecord.objects.filter(message=message, state=ConsentState.PENDING)
    return list(SubscriptionTopic.objects.filter(pk__in=asked.values("topic")))


def topics_offered() -> list[SubscriptionTopic]:
    """Those that a stranger may choose on the join page."""
    return list(SubscriptionTopic.objects.in_use().filter(is_default=True))


def recipient_of(message: Message) -> Customer | None:
    """Whom the message was for, or whoever they were merged into; None for nobody, and for somebody erased."""
    if message.customer_id is None:
        return None
    customer = survivors([message.customer_id])[message.customer_id]
    return None if customer.erased_at else customer


def topics_with_counts() -> list[tuple[SubscriptionTopic, int]]:
    """Every topic, those in use first, with how many customers agree to it now. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select topic_id, count(*) from (
                 select distinct on (customer_id, topic_id) topic_id, state from messaging_consentrecord
                 where workspace_id = %s order by customer_id, topic_id, at desc, id desc
               ) said where state = 'given' group by topic_id""",
            [current_workspace_id()],
        )
        counts = dict(cursor.fetchall())
    topics = sorted(SubscriptionTopic.objects.all(), key=lambda topic: topic.archived_at is not None)
    return [(topic, counts.get(topic.pk, 0)) for topic in topics]


def suppressions_matching(address: str) -> QuerySet[Suppression]:
    """Those of one address, or all without one."""
    return Suppression.objects.filter(address_hash=hash_address(address)) if address else Suppression.objects.all()


def suppressions_for(address: str) -> list[Suppression]:
    """What keeps this address from being written to, the oldest first."""
    return list(Suppression.objects.filter(address_hash=hash_address(address)).order_by("at", "pk"))


def join_address(workspace: Workspace) -> str:
    return public_page("join", workspace.public_key)
