"""What an import of customers must know, and may say, of permission to write to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from customers.contracts import ConsentBasis, ConsentStatement, ConsentTopic, register_consent_basis
from customers.models import Customer
from messaging.actions import Said, record_consents
from messaging.addresses import hash_address
from messaging.eligibility import suppressions_of
from messaging.models import ConsentRecord, ConsentSource, ConsentState, SubscriptionTopic

DETAIL_LENGTH = 300


class ConsentLedger(ConsentBasis):
    def topics(self) -> Sequence[ConsentTopic]:
        return [
            ConsentTopic(key=topic.key, label=topic.name, needs_confirmation=topic.needs_confirmation)
            for topic in SubscriptionTopic.objects.in_use()
        ]

    def unreachable(self, addresses: Sequence[str], *, topic: str, at: datetime, is_confirmed: bool = False) -> int:
        """Also those who asked for the topic and have not confirmed: a file does not confirm it for them."""
        wanted = set(addresses)
        hashes = {hash_address(address): address for address in wanted}
        suppressed = {hashes[each] for each in suppressions_of(hashes)}
        holders = dict(
            Customer.objects.filter(email_norm__in=wanted - suppressed, merged_into=None, erased_at=None).values_list(
                "pk", "email_norm"
            )
        )
        said = ConsentRecord.objects.filter(customer__in=holders, topic__key=topic).current().select_related("topic")
        states = {holders[each.customer_id]: each.counts_as for each in said}
        waits = SubscriptionTopic.objects.filter(key=topic, needs_confirmation=True).exists() and not is_confirmed
        newcomers = ConsentState.PENDING if waits else ConsentState.GIVEN
        unwilling = {address for address in wanted if states.get(address, newcomers) != ConsentState.GIVEN}
        return len(suppressed | unwilling)

    def record(self, statements: Sequence[ConsentStatement]) -> int:
        topics = dict(SubscriptionTopic.objects.in_use().values_list("key", "pk"))
        return record_consents(
            (
                Said(
                    customer_id=each.customer_id,
                    topic_id=topics[each.topic],
                    state=ConsentState.GIVEN if each.is_given else ConsentState.WITHDRAWN,
                    at=each.at,
                    wording=each.wording,
                    detail=each.detail[:DETAIL_LENGTH],
                    confirmed_at=each.at if each.is_confirmed and each.is_given else None,
                )
                for each in statements
                if each.topic in topics
            ),
            source=ConsentSource.IMPORT,
        )


register_consent_basis(ConsentLedger())
