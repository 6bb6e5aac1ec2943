from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.doorbells import ring
from messaging.actions.queueing import QUEUE
from messaging.events import FrequencyPolicyRemoved, FrequencyPolicySet, QuietHoursEnded, QuietHoursSet
from messaging.models import FrequencyPolicy, Message, QuietHours
from messaging.reasons import Reason
from timeline.recording import record


@transaction.atomic
def set_quiet_hours(*, begins: int, ends: int) -> QuietHours:
    """Hours of the customer's day, 0 to 23, that differ. What waits already is looked at again under the new ones."""
    quiet, _ = QuietHours.objects.update_or_create(defaults={"begins": begins, "ends": ends})
    record(QuietHoursSet(customer_id=None, begins=begins, ends=ends))
    _look_again(Reason.QUIET_HOURS)
    return quiet


@transaction.atomic
def end_quiet_hours() -> None:
    """Messages go at any hour again, and what waited for the morning goes at once. Twice is once."""
    ended, _ = QuietHours.objects.all().delete()
    if ended:
        record(QuietHoursEnded(customer_id=None))
        _look_again(Reason.QUIET_HOURS)


@transaction.atomic
def set_frequency_policy(*, messages: int, days: int, wait_days: int, spares_automations: bool) -> FrequencyPolicy:
    """At most `messages` in `days`; one that there was for as many days is changed. What was sent before counts not."""
    policy, _ = FrequencyPolicy.objects.update_or_create(
        days=days,
        is_wish=False,
        defaults={"messages": messages, "wait_days": wait_days, "spares_automations": spares_automations},
    )
    record(FrequencyPolicySet(customer_id=None, policy_id=policy.pk, messages=messages, days=days))
    _look_again(Reason.CAPPED)
    return policy


@transaction.atomic
def remove_frequency_policy(policy: FrequencyPolicy) -> None:
    """What waited for room under it goes at once, unless another policy keeps it back."""
    record(FrequencyPolicyRemoved(customer_id=None, policy_id=policy.pk))
    policy.delete()
    _look_again(Reason.CAPPED)


def _look_again(reason: Reason) -> None:
    if Message.objects.queued().filter(reason=reason).update(not_before=timezone.now()):
        ring(QUEUE)
