"""What messaging knows of a customer: how it is exported, erased, and moved by a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import PublicToken
from accounts.scope import current_workspace
from customers.contracts import PersonalData, register_personal_data
from customers.models import Customer
from messaging.actions import skip_messages
from messaging.addresses import hash_address
from messaging.links import LIFETIME
from messaging.models import ConsentRecord, FrequencySlot, Message, MessageEvent, Suppression, Trace
from messaging.reasons import Reason, reason_in_words


class _ByCustomer(PersonalData):
    model: ClassVar[type[Message | ConsentRecord]]

    def rows(self, customer: Customer) -> models.QuerySet[Any]:
        return self.model.objects.filter(customer=customer)

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        ids = list(self.rows(absorbed).order_by("pk").values_list("pk", flat=True))
        self.rows(absorbed).update(customer=survivor)
        return ids

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        self.model.objects.filter(pk__in=ids).update(customer=absorbed)


class MessagesData(_ByCustomer):
    """Erased, a message still counts, but says nothing of whom it went to; its links lead nowhere."""

    model = Message
    label = _("Messages")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for message in (
            self.rows(customer).select_related("topic", "template_version").prefetch_related("events").order_by("pk")
        ):
            yield {
                "purpose": message.purpose,
                "topic": str(message.topic or ""),
                "subject": message.template_version.subject,
                "text": message.template_version.text,
                "filled_in_with": message.context,
                "address": message.address,
                "state": message.get_state_display(),
                "reason": reason_in_words(message.reason),
                "created_at": message.created_at,
                "sent_at": message.sent_at,
                "opened_at": message.opened_at,
                "clicked_at": message.clicked_at,
                "links_followed": [event.detail for event in message.events.all() if event.kind == "clicked"],
            }

    def erase(self, customer: Customer) -> int:
        messages = Message.objects.filter(customer=customer)
        # First out of the workers' hands, or one of them would write down again what the text was filled in with.
        skip_messages(messages, reason=Reason.ERASED)
        MessageEvent.objects.filter(message__in=messages).exclude(detail="").update(detail="")
        Trace.objects.filter(message__in=messages).delete()
        PublicToken.objects.filter(
            workspace=current_workspace(), purpose__in=list(LIFETIME), subject_id__in=messages.values("pk")
        ).delete()
        return messages.update(address="", context={}, reply="", links=None)


class ConsentData(_ByCustomer):
    """Erased, it still proves that somebody once agreed or left, on which day and through which door; not who."""

    model = ConsentRecord
    label = _("Consents")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for record in self.rows(customer).select_related("topic").order_by("at", "pk"):
            yield {
                "topic": record.topic.name,
                "state": record.get_state_display(),
                "source": record.get_source_display(),
                "wording": record.wording,
                "detail": record.detail,
                "ip": record.ip,
                "at": record.at,
            }

    def erase(self, customer: Customer) -> int:
        return self.rows(customer).update(wording="", detail="", ip=None)


class SuppressionData(PersonalData):
    """Not the customer's but the address's: a merge leaves it, an erasure leaves the hash, which keeps our promise.

    What staff or a mail server wrote beside it goes.
    """

    model = Suppression
    label = _("Blocked addresses")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for suppression in self._rows(customer):
            yield {
                "reason": suppression.get_reason_display(),
                "detail": suppression.detail,
                "at": suppression.at,
            }

    def erase(self, customer: Customer) -> int:
        return self._rows(customer).update(hint="", detail="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        return []

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        """Nothing was moved."""

    def _rows(self, customer: Customer) -> models.QuerySet[Suppression]:
        if not customer.email_norm:
            return Suppression.objects.none()
        return Suppression.objects.filter(address_hash=hash_address(customer.email_norm)).order_by("at", "pk")


class FrequencySlotData(PersonalData):
    """How often somebody was lately written to: the messages themselves tell that, so nothing is exported.

    In a merge the survivor's free places take what the absorbed record held; what finds none there stays behind.
    """

    model = FrequencySlot
    label = _("Messages that count against a limit")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        return iter(())

    def erase(self, customer: Customer) -> int:
        return FrequencySlot.objects.filter(customer=customer).delete()[0]

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        held = FrequencySlot.objects.filter(customer=absorbed, free_at__gt=timezone.now()).select_related("policy")
        moved = []
        for slot in held.order_by("policy_id", "-free_at"):
            theirs = FrequencySlot.objects.filter(customer=survivor, policy=slot.policy)
            theirs.filter(free_at__lte=timezone.now()).delete()
            free = set(range(1, slot.policy.messages + 1)) - set(theirs.values_list("number", flat=True))
            if free:
                slot.customer, slot.number = survivor, min(free)
                slot.save(update_fields=["customer", "number"])
                moved.append(slot.pk)
        return moved

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        FrequencySlot.objects.filter(customer=absorbed).delete()
        FrequencySlot.objects.filter(pk__in=ids).update(customer=absorbed)


register_personal_data(MessagesData(), ConsentData(), SuppressionData(), FrequencySlotData())
