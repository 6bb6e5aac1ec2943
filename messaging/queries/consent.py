from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Workspace
from accounts.scope import current_workspace_id
from customers.models import Customer
from messaging.addresses import hash_address
from messaging.drafts import CONFIRMS
from messaging.eligibility import survivors, wishes_of
from messaging.links import public_page
from messaging.models import (
    ConfirmationPolicy,
    ConsentRecord,
    ConsentState,
    ContactWish,
    Message,
    SubscriptionTopic,
    Suppression,
)
from messaging.models.consent import confirmed_in_sql


@dataclass(frozen=True)
class TopicState:
    """A topic, and the customer's newest word on it, if there is any."""

    topic: SubscriptionTopic
    record: ConsentRecord | None

    @property
    def state(self) -> str:
        return self.record.counts_as if self.record else ""

    @property
    def is_given(self) -> bool:
        return self.state == ConsentState.GIVEN


def topic_states(customer: Customer) -> list[TopicState]:
    """Every topic in use, and archived ones that the customer said something about. Two queries."""
    said = {record.topic_id: record for record in _said_by(customer)}
    topics = SubscriptionTopic.objects.all()
    return [TopicState(topic, said.get(topic.pk)) for topic in topics if topic.archived_at is None or topic.pk in said]


def _said_by(customer: Customer) -> QuerySet[ConsentRecord]:
    said: QuerySet[ConsentRecord] = ConsentRecord.objects.filter(customer=customer).current().select_related("topic")
    return said


def contact_wish(customer: Customer) -> ContactWish:
    """How often they want to be written to; one that was never said, and is not stored, is no wish at all."""
    return wishes_of([customer.pk]).get(customer.pk) or ContactWish(customer=customer)


def confirmation_policy() -> bool:
    """Whether topics that follow the workspace want consent confirmed."""
    return bool(ConfirmationPolicy.objects.filter(needs_confirmation=True).exists())


def topics_asked(message: Message) -> list[SubscriptionTopic]:
    """What the link of this message confirms, of what is in use."""
    asked = ConsentRecord.objects.filter(message=message, state=ConsentState.PENDING)
    named = message.context.get(CONFIRMS, [])
    return list(SubscriptionTopic.objects.in_use().filter(Q(pk__in=asked.values("topic")) | Q(pk__in=named)))


def topics_offered() -> list[SubscriptionTopic]:
    """Those that a stranger may choose on the join page."""
    return list(SubscriptionTopic.objects.in_use().filter(is_default=True))


def recipient_of(message: Message) -> Customer | None:
    """Whom the message was for, or whoever they were merged into; None for nobody, and for somebody erased."""
    if message.customer_id is None:
        return None
    customer = survivors([message.customer_id])[message.customer_id]
    return None if customer.erased_at else customer


@dataclass(frozen=True)
class TopicCount:
    """How many customers agree to a topic now, and how many do so without having confirmed it as it wants them to."""

    topic: SubscriptionTopic
    agree: int
    unconfirmed: int


def topics_with_counts(*, only: SubscriptionTopic | None = None) -> list[TopicCount]:
    """Every topic, those in use first. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select topic_id, count(*), count(*) filter (where not {confirmed_in_sql("said")})
               from (
                 select distinct on (customer_id, topic_id) topic_id, state, source, confirmed_at
                 from messaging_consentrecord
                 where workspace_id = %(workspace)s and (%(only)s is null or topic_id = %(only)s)
                 order by customer_id, topic_id, at desc, id desc
               ) said where state = 'given' group by topic_id""",  # noqa: S608  our own words
            {
                "workspace": current_workspace_id(),
                "only": None if only is None else only.pk,
            },
        )
        counts = {topic_id: (given, unproven) for topic_id, given, unproven in cursor.fetchall()}
    found = SubscriptionTopic.objects.all() if only is None else [only]
    in_order = sorted(found, key=lambda topic: topic.archived_at is not None)
    return [_counted(topic, *counts.get(topic.pk, (0, 0))) for topic in in_order]


def _counted(topic: SubscriptionTopic, given: int, unproven: int) -> TopicCount:
    unconfirmed = unproven if topic.needs_confirmation else 0
    return TopicCount(topic, given - unconfirmed, unconfirmed)


def suppressions_matching(address: str) -> QuerySet[Suppression]:
    """Those of one address, or all without one."""
    return Suppression.objects.filter(address_hash=hash_address(address)) if address else Suppression.objects.all()


def suppressions_for(address: str) -> list[Suppression]:
    """What keeps this address from being written to, the oldest first."""
    return list(Suppression.objects.filter(address_hash=hash_address(address)).order_by("at", "pk"))


def join_address(workspace: Workspace) -> str:
    return public_page("join", workspace.public_key)
