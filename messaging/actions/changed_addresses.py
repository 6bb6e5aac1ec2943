"""A confirmation belongs to an address: what was confirmed is asked for again once a customer has another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_actor
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.actions.confirmation_letters import ask_to_confirm
from messaging.addresses import hash_address
from messaging.events import ConfirmationLapsed
from messaging.models import ConsentRecord, ConsentSource, ConsentState, Message
from messaging.models.consent import is_confirmed
from timeline.recording import record_many


@transaction.atomic
def lapse_confirmations(changed_at: Mapping[int, datetime]) -> int:
    """Whose addresses were changed, by id, and when. Returns how many confirmations are worth nothing any more.

    Consent stays as it was given, unconfirmed; a letter to the new address asks for it where the topic wants that.
    """
    there = Customer.objects.filter(Among("pk", sorted(changed_at)), merged_into=None, erased_at=None)
    # Nobody else speaks for them meanwhile.
    locked = there.exclude(email_norm="").select_for_update(of=("self",), no_key=True).order_by("pk")
    hashes = {customer.pk: hash_address(customer.email_norm) for customer in locked}
    confirmed = [each for each in _newest_words(sorted(hashes)) if _is_confirmed(each)]
    proven = _proven(confirmed, hashes, changed_at)
    lapsed = [each for each in confirmed if each.pk not in proven]
    if not lapsed:
        return 0
    words = ConsentRecord.objects.bulk_create(_unconfirmed(each) for each in lapsed)
    record_many(
        ConfirmationLapsed(customer_id=each.customer_id, topic_id=each.topic_id, source=each.source) for each in words
    )
    ask_to_confirm([word.pk for word in words])
    return len(words)


def _newest_words(customer_ids: Sequence[int]) -> list[ConsentRecord]:
    said = ConsentRecord.objects.filter(Among("customer_id", customer_ids)).current()
    return list(said.select_related("message"))


def _is_confirmed(word: ConsentRecord) -> bool:
    return word.state == ConsentState.GIVEN and is_confirmed(word.source, word.confirmed_at)


def _proven(
    confirmed: Sequence[ConsentRecord], hashes: Mapping[int, str], changed_at: Mapping[int, datetime]
) -> set[int]:
    """The words, by id, that were confirmed by the very address which the customer has now.

    By the letter whose link did it; of one that was confirmed elsewhere, if letters went to that address before: it was
    written otherwise only, or put back.
    """
    sent = Message.objects.filter(
        Among("customer_id", sorted({each.customer_id for each in confirmed})), address_hash__in=set(hashes.values())
    ).exclude(sent_at=None)
    wrote = {
        customer_id
        for customer_id, address_hash, sent_at in sent.values_list("customer_id", "address_hash", "sent_at")
        if customer_id and sent_at and address_hash == hashes[customer_id] and sent_at < changed_at[customer_id]
    }
    return {
        each.pk
        for each in confirmed
        if (each.message.address_hash == hashes[each.customer_id] if each.message else each.customer_id in wrote)
    }


def _unconfirmed(word: ConsentRecord) -> ConsentRecord:
    return ConsentRecord(
        customer_id=word.customer_id,
        topic_id=word.topic_id,
        state=ConsentState.GIVEN,
        source=ConsentSource.OTHER_ADDRESS,
        wording=word.wording,
        detail=word.detail,
        actor=current_actor(),
        at=max(timezone.now(), word.at),
    )
