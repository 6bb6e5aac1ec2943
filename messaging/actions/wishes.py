"""How often a customer wants to be written to: pauses, and less often. Said on the preference page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.doorbells import ring
from customers.models import Customer
from messaging.actions.queueing import CAMPAIGNS, QUEUE
from messaging.events import LessOftenChosen, LessOftenEnded, MessagesPaused, PauseEnded, PauseRanOut
from messaging.models import ContactWish, FrequencyPolicy, FrequencySlot, Message
from messaging.reasons import Reason
from timeline.recording import record, record_many

PAUSES = "pauses"
STEP = 1_000

# What finds no room waits until there is some, at most as long as that takes once.
_ONE_A_WEEK: Mapping[str, int | bool] = MappingProxyType(
    {"messages": 1, "days": 7, "wait_days": 7, "spares_automations": False}
)


@transaction.atomic
def pause_messages(customer: Customer, *, days: int) -> ContactWish:
    """Nothing with a topic for so many days from now; another pause before it is over begins anew."""
    return pause_messages_until(customer, timezone.now() + timedelta(days=days))


@transaction.atomic
def pause_messages_until(customer: Customer, until: datetime) -> ContactWish:
    """Nothing with a topic until a moment to come, instead of any pause there is. The same again changes nothing."""
    wish, _ = ContactWish.objects.select_for_update().get_or_create(customer=customer)
    if wish.paused_until != until:
        wish.paused_until = until
        wish.save(update_fields=["paused_until"])
        record(MessagesPaused(customer_id=customer.pk, until=until.isoformat()))
        ring(PAUSES, due_at=until)
    return wish


@transaction.atomic
def end_pause(customer: Customer) -> None:
    """What waits for the end of the pause goes at once. Where there is none, nothing happens."""
    paused = ContactWish.objects.filter(customer=customer, paused_until__gt=timezone.now())
    if paused.update(paused_until=None):
        record(PauseEnded(customer_id=customer.pk))
        _look_again(customer, Reason.PAUSED)


@transaction.atomic
def change_wish(customer: Customer, told: Mapping[str, Any]) -> ContactWish:
    """`pause_ends_at` (None: no pause any more) and `is_less_often`; what is not told stays as it is."""
    if "pause_ends_at" in told:
        until = told["pause_ends_at"]
        pause_messages_until(customer, until) if until else end_pause(customer)
    if "is_less_often" in told:
        choose = write_less_often if told["is_less_often"] else write_as_it_comes
        choose(customer)
    return ContactWish.objects.filter(customer=customer).first() or ContactWish(customer=customer)


@transaction.atomic
def end_due_pauses(*, now: datetime, limit: int) -> int:
    """Tell of pauses that are over by themselves: nobody does anything at that moment, and segments and flows listen.

    Returns how many there were. What waited for them goes without this: it is due by itself.
    """
    over = ContactWish.objects.filter(paused_until__lte=now).order_by("paused_until", "pk")
    wishes = list(over.select_for_update(skip_locked=True)[:limit])
    ContactWish.objects.filter(pk__in=[wish.pk for wish in wishes]).update(paused_until=None)
    # Of two merged customers who both had a pause, the absorbed one's is still there, and nobody's.
    paused = Customer.objects.filter(pk__in=[wish.customer_id for wish in wishes], merged_into=None)
    record_many(PauseRanOut(customer_id=pk) for pk in paused.order_by("pk").values_list("pk", flat=True))
    return len(wishes)


def next_end_of_pause() -> datetime | None:
    paused = ContactWish.objects.filter(paused_until__isnull=False).order_by("paused_until")
    return paused.values_list("paused_until", flat=True).first()


@transaction.atomic
def write_less_often(customer: Customer) -> None:
    """One message with a topic in any seven days, counting what was sent in the last. Twice is once."""
    wish, _ = ContactWish.objects.get_or_create(customer=customer)
    if not wish.is_less_often:
        wish.is_less_often = True
        wish.save(update_fields=["is_less_often"])
        count_last_message(customer)
        record(LessOftenChosen(customer_id=customer.pk))


@transaction.atomic
def write_as_it_comes(customer: Customer) -> None:
    """What waits for room goes at once, unless another policy keeps it back. Twice is once."""
    if ContactWish.objects.filter(customer=customer, is_less_often=True).update(is_less_often=False):
        record(LessOftenEnded(customer_id=customer.pk))
        _look_again(customer, Reason.LESS_OFTEN)


def count_last_message(customer: Customer) -> None:
    """Of one who wants no more than one a week: the last that was sent takes the place, as if it had been so then."""
    policy, _ = FrequencyPolicy.objects.get_or_create(is_wish=True, defaults=_ONE_A_WEEK)
    span = timedelta(days=policy.days)
    sent = Message.objects.filter(customer=customer, topic__isnull=False, sent_at__gt=timezone.now() - span)
    if (last := sent.order_by("sent_at").last()) and last.sent_at:
        FrequencySlot.objects.update_or_create(
            policy=policy, customer=customer, number=1, defaults={"message": last, "free_at": last.sent_at + span}
        )


def _look_again(customer: Customer, reason: Reason) -> None:
    if Message.objects.queued().filter(customer=customer, reason=reason).update(not_before=timezone.now()):
        ring(QUEUE)
        ring(CAMPAIGNS)
