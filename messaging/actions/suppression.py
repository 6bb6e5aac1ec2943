"""Addresses that are not written to, by their hash: it outlives the customer, and no import can bring anybody back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.actions.audit import audit
from accounts.scope import current_actor
from customers.models import Customer
from messaging.actions.stopping import skip_messages
from messaging.addresses import hash_address, mask_address, normalise_address
from messaging.eligibility import looks_like_address
from messaging.events import AddressReleased, AddressSuppressed
from messaging.models import Message, Suppression, SuppressionReason
from messaging.reasons import REASON_OF_SUPPRESSION
from messaging.refusals import NoSuchAddress
from timeline.recording import record, record_many

DETAIL_LENGTH = 300


@transaction.atomic
def suppress_address(address: str, *, reason: SuppressionReason, detail: str = "") -> Suppression:
    """Stop writing to this address, and keep back what is on its way. Raises NoSuchAddress.

    An unsubscription stops what has a topic; every other reason stops everything. The same reason twice is one.
    """
    address = normalise_address(address)
    if not looks_like_address(address):
        raise NoSuchAddress
    suppression, is_new = Suppression.objects.get_or_create(
        address_hash=hash_address(address),
        reason=reason,
        defaults={"hint": mask_address(address), "detail": detail, "actor": current_actor()},
    )
    if is_new:
        customer_id = _customer_with(address)
        event = AddressSuppressed(customer_id=customer_id, suppression_id=suppression.pk, reason=reason)
        record(event)
        _keep_back(customer_id, suppression)
    return suppression


@transaction.atomic
def suppress_recipients(messages: Iterable[Message], *, reason: SuppressionReason) -> int:
    """Stop writing to the addresses that these messages went to. Returns how many of them were news.

    What waits for them is refused when its turn comes.
    """
    by_hash = {message.address_hash: message for message in messages if message.address}
    known = Suppression.objects.filter(address_hash__in=by_hash, reason=reason)
    news = [by_hash[each] for each in sorted(by_hash.keys() - set(known.values_list("address_hash", flat=True)))]
    suppressions = Suppression.objects.bulk_create(
        Suppression(
            address_hash=message.address_hash,
            reason=reason,
            hint=mask_address(message.address),
            detail=message.reply[:DETAIL_LENGTH],
            actor=current_actor(),
        )
        for message in news
    )
    return record_many(
        AddressSuppressed(customer_id=message.customer_id, suppression_id=suppression.pk, reason=reason)
        for message, suppression in zip(news, suppressions, strict=True)
    )


@transaction.atomic
def block_address(address: str, *, why: str) -> Suppression:
    """Somebody of the staff stops all messages to an address. Raises NoSuchAddress."""
    suppression = suppress_address(address, reason=SuppressionReason.MANUAL, detail=why)
    audit(gettext_noop("blocked an address"), suppression.hint, why=why)
    return suppression


@transaction.atomic
def release_address(suppression: Suppression, *, why: str) -> None:
    """Somebody of the staff lifts one reason; consent that was withdrawn stays withdrawn. Lifting twice is once."""
    suppression = Suppression.objects.select_for_update().filter(pk=suppression.pk).first() or suppression
    if _lift(suppression):
        audit(gettext_noop("released an address"), suppression.hint, why=why, reason=suppression.reason)


def lift_unsubscription(address: str) -> None:
    """The owner of the address wants to hear from us again, and has proved to be its owner."""
    unsubscriptions = Suppression.objects.filter(
        address_hash=hash_address(address), reason=SuppressionReason.UNSUBSCRIBED
    )
    for suppression in unsubscriptions:
        _lift(suppression, customer_id=_customer_with(normalise_address(address)))


def _lift(suppression: Suppression, *, customer_id: int | None = None) -> bool:
    deleted, _ = Suppression.objects.filter(pk=suppression.pk).delete()
    if deleted:
        event = AddressReleased(customer_id=customer_id, suppression_id=suppression.pk, reason=suppression.reason)
        record(event)
    return bool(deleted)


def _keep_back(customer_id: int | None, suppression: Suppression) -> None:
    """What is found otherwise (for an earlier owner of the address) is refused when its turn comes."""
    if customer_id is None:
        return
    on_the_way = Message.objects.filter(customer=customer_id, address_hash=suppression.address_hash)
    if suppression.reason == SuppressionReason.UNSUBSCRIBED:
        on_the_way = on_the_way.exclude(topic=None)
    skip_messages(on_the_way, reason=REASON_OF_SUPPRESSION[SuppressionReason(suppression.reason)])


def _customer_with(address: str) -> int | None:
    """Whose address it is now. Among merged and erased there can be more, but they are not written to."""
    holders = Customer.objects.filter(email_norm=address, merged_into=None, erased_at=None)
    return holders.values_list("pk", flat=True).first()
