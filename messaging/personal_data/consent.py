from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData
from customers.models import Customer
from messaging.actions.wishes import count_last_message
from messaging.addresses import hash_address
from messaging.models import ConsentRecord, ContactWish, Suppression
from messaging.personal_data.by_customer import ByCustomer


class ConsentData(ByCustomer):
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


class WishData(ByCustomer):
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
