"""What other systems tell of consent: of people by whatever these call them, each statement taken or refused alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.refusals import Refused, ValueRefused
from customers.staging import settled
from customers.upserting.known import (
    ERASED,
    IS_ERASED,
    canonical_ids,
    hold_customers,
    ids_of_addresses,
    ids_of_external_ids,
)
from messaging.actions.consent_batches import Said, record_consents
from messaging.models import ConsentSource, ConsentState, SubscriptionTopic


@dataclass(frozen=True, kw_only=True)
class ToldConsent:
    """About a customer by `customer_id`, else by `external_id`, else by `email_norm`."""

    topic: str
    state: ConsentState
    at: datetime
    customer_id: int | None = None
    external_id: str = ""
    email_norm: str = ""
    wording: str = ""
    detail: str = ""
    confirmed_at: datetime | None = None


@dataclass(frozen=True)
class TakenConsents:
    """How many statements were news, and by position why some could not be taken. The rest was known."""

    recorded: int
    refusals: Mapping[int, Refused]


@transaction.atomic
def take_consents(told: Sequence[ToldConsent], *, system: str) -> TakenConsents:
    """Write down what another system says that people agreed to or took back. `system` is whose external ids they are.

    Nobody is added, and no blocked address is opened again. Of two statements on one topic the newest counts.
    """
    return settled(lambda: _take(told, system), rows=len(told))


def _take(told: Sequence[ToldConsent], system: str) -> TakenConsents:
    topics = dict(SubscriptionTopic.objects.in_use().values_list("key", "pk"))
    by_id = canonical_ids({each.customer_id for each in told if each.customer_id is not None})
    by_external_id = ids_of_external_ids({each.external_id for each in told if each.external_id}, system)
    by_address = ids_of_addresses({each.email_norm for each in told if each.email_norm})
    said: list[Said] = []
    refusals: dict[int, Refused] = {}
    for position, each in enumerate(told):
        if each.customer_id is not None:
            field, found = "customer", by_id.get(each.customer_id)
        elif each.external_id:
            field, found = "external_id", by_external_id.get(each.external_id)
        else:
            field, found = "email", by_address.get(each.email_norm)
        if found is None or found == ERASED:
            refusals[position] = ValueRefused(str(IS_ERASED) if found else "There is no such customer.", field=field)
        elif each.topic not in topics:
            refusals[position] = ValueRefused("There is no such topic in use.", field="topic")
        else:
            proof = each.wording, each.detail, each.confirmed_at
            said.append(Said(found, topics[each.topic], each.state, each.at, *proof))
    hold_customers({each.customer_id for each in said})
    return TakenConsents(record_consents(said, source=ConsentSource.API), refusals)
