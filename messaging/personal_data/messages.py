from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import PublicToken
from accounts.scope import current_workspace
from customers.contracts import PersonalData
from customers.models import Customer
from messaging.actions import skip_messages
from messaging.links import LIFETIME
from messaging.models import FrequencyPolicy, FrequencySlot, Message, MessageEvent, Reply, Trace
from messaging.personal_data.by_customer import ByCustomer
from messaging.reasons import Reason, reason_in_words


class MessagesData(ByCustomer):
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
                "last_opened_at": message.last_opened_at,
                "last_clicked_at": message.last_clicked_at,
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


class RepliesData(ByCustomer):
    """Erased, it still counts as an answer."""

    model = Reply
    label = _("Replies to messages")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for reply in self.rows(customer).order_by("pk"):
            yield {
                "sender": reply.sender,
                "subject": reply.subject,
                "text": reply.text,
                "received_at": reply.received_at,
            }

    def erase(self, customer: Customer) -> int:
        return self.rows(customer).update(sender="", subject="", text="")


class FrequencySlotData(PersonalData):
    """How often somebody was lately written to: the messages themselves tell that, so nothing is exported.

    Of two who are one person as many as a limit allows stay, those whose places become free last: the others keep
    nothing back any more.
    """

    model = FrequencySlot
    label = _("Messages that count against a limit")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        return iter(())

    def erase(self, customer: Customer) -> int:
        return FrequencySlot.objects.filter(customer=customer).delete()[0]

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        held = FrequencySlot.objects.filter(customer__in=[absorbed, survivor]).select_related("policy")
        taken: dict[FrequencyPolicy, list[FrequencySlot]] = {}
        for slot in held.filter(free_at__gt=timezone.now()).order_by("policy_id", "-free_at", "pk"):
            taken.setdefault(slot.policy, []).append(slot)
        kept = [slot for policy, slots in taken.items() for slot in slots[: policy.messages]]
        held.exclude(pk__in=[slot.pk for slot in kept]).delete()
        numbers = {(slot.policy_id, slot.number) for slot in kept if slot.customer_id == survivor.pk}
        moved = [slot for slot in kept if slot.customer_id == absorbed.pk]
        for slot in moved:
            free = (number for number in count(1) if (slot.policy_id, number) not in numbers)
            slot.customer, slot.number = survivor, next(free)
            numbers.add((slot.policy_id, slot.number))
            slot.save(update_fields=["customer", "number"])
        return [slot.pk for slot in moved]

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        FrequencySlot.objects.filter(customer=absorbed).delete()
        FrequencySlot.objects.filter(pk__in=ids).update(customer=absorbed)
