"""What messaging knows of a customer: how it is exported, erased, and moved by a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import PublicToken
from accounts.scope import current_workspace
from customers.contracts import PersonalData, register_personal_data
from customers.models import Customer
from messaging.actions import skip_messages
from messaging.actions.leaving import end_enrolments
from messaging.actions.wishes import count_last_message
from messaging.addresses import hash_address
from messaging.flows.endings import Ending, ending_in_words
from messaging.links import LIFETIME
from messaging.models import (
    ConsentRecord,
    ContactWish,
    Enrolment,
    FlowEntrance,
    FrequencyPolicy,
    FrequencySlot,
    Message,
    MessageEvent,
    Reply,
    Suppression,
    Trace,
)
from messaging.reasons import Reason, reason_in_words


class _ByCustomer(PersonalData):
    model: ClassVar[type[Message | ConsentRecord | ContactWish | Enrolment | FlowEntrance | Reply]]

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


class RepliesData(_ByCustomer):
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
                "confirmed_at": record.confirmed_at,
            }

    def erase(self, customer: Customer) -> int:
        return self.rows(customer).update(wording="", detail="", ip=None)


class WishData(_ByCustomer):
    """Of two wishes a merge keeps whichever leaves them more in peace."""

    model = ContactWish
    label = _("How often they want to be written to")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for wish in self.rows(customer):
            yield {"paused_until": wish.paused_until, "is_less_often": wish.is_less_often}

    def erase(self, customer: Customer) -> int:
        return int(self.rows(customer).delete()[0])

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        mine, theirs = self.rows(absorbed).first(), self.rows(survivor).first()
        moved: list[int] = []
        if mine is None or theirs is None:
            moved = super().move(absorbed=absorbed, survivor=survivor)
        else:
            theirs.paused_until = max(filter(None, [mine.paused_until, theirs.paused_until]), default=None)
            theirs.is_less_often |= mine.is_less_often
            theirs.save(update_fields=["paused_until", "is_less_often"])
        if self.rows(survivor).filter(is_less_often=True).exists():
            # Of two of whom one had no such wish: the last message to either counts.
            count_last_message(survivor)
        return moved


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


class EnrolmentsData(_ByCustomer):
    """Erased, a way through a flow ends, and keeps only when that was.

    Of two who are one person, a way that the survivor has been (or is on) already stays behind; nobody is written to
    twice by the merge.
    """

    model = Enrolment
    label = _("Ways through flows")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for enrolment in self.rows(customer).select_related("flow").order_by("pk"):
            yield {
                "flow": enrolment.flow.name,
                "state": enrolment.get_state_display(),
                "reason": ending_in_words(enrolment.reason) if enrolment.reason else "",
                "what_happened": enrolment.trail,
                "entered_at": enrolment.entered_at,
                "ended_at": enrolment.ended_at,
            }

    def erase(self, customer: Customer) -> int:
        rows = self.rows(customer)
        end_enrolments(dict.fromkeys(rows.values_list("pk", flat=True), Ending.GONE))
        # A colleague may have been told about the customer, by name.
        Message.objects.filter(enrolment__in=rows.values("pk"), customer=None).update(context={}, reply="")
        return rows.update(context={}, error="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        theirs = self.rows(survivor)
        keys = {(each.flow_id, each.entry_key) for each in theirs}
        running = {(each.flow_id, each.subject) for each in theirs if each.is_on_the_way}
        mine = list(self.rows(absorbed).order_by("pk"))
        twice = [each for each in mine if each.is_on_the_way and (each.flow_id, each.subject) in running]
        same = [each for each in mine if (each.flow_id, each.entry_key) in keys]
        end_enrolments(dict.fromkeys([each.pk for each in (*twice, *same)], Ending.MERGED))
        moved = [each.pk for each in mine if each not in same]
        Enrolment.objects.filter(pk__in=moved).update(customer=survivor)
        return moved


class EntrancesData(_ByCustomer):
    """When somebody last entered: of two the later counts, so that a merge lets nobody in again too soon."""

    model = FlowEntrance
    label = _("Last entrances into flows")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for entrance in self.rows(customer).select_related("flow").order_by("pk"):
            yield {"flow": entrance.flow.name, "entered_at": entrance.entered_at}

    def erase(self, customer: Customer) -> int:
        return int(self.rows(customer).delete()[0])

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        theirs = {each.flow_id: each for each in self.rows(survivor)}
        moved = []
        for mine in self.rows(absorbed).order_by("pk"):
            if (known := theirs.get(mine.flow_id)) is None:
                moved.append(mine.pk)
            elif known.entered_at < mine.entered_at:
                known.entered_at = mine.entered_at
                known.save(update_fields=["entered_at"])
        FlowEntrance.objects.filter(pk__in=moved).update(customer=survivor)
        return moved


register_personal_data(
    MessagesData(),
    RepliesData(),
    ConsentData(),
    WishData(),
    SuppressionData(),
    FrequencySlotData(),
    EnrolmentsData(),
    EntrancesData(),
)
