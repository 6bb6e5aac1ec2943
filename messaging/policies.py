"""When a message that may be sent may not be sent yet: pauses, quiet hours where customers live, frequency caps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.utils import timezone

from accounts.scope import current_workspace
from customers.models import Customer
from messaging.local_mornings import first_instant, zone_or
from messaging.models import ContactWish, FrequencyPolicy, FrequencySlot, Message, MessageEvent, Priority, QuietHours
from messaging.reasons import Reason

# What an automation has to say waits so long for a pause to end; if that takes longer, it is not sent.
WAITS_FOR_PAUSE = timedelta(days=3)
# Another message of the same batch has asked for the last place, and may yet give it back.
SOON = timedelta(minutes=2)
_NO_MESSAGE = -1


@dataclass(frozen=True)
class Hold:
    """Why a message does not leave now. It waits `until` then; None: it is never sent."""

    reason: Reason
    until: datetime | None = None


def holds(
    messages: Sequence[Message],
    recipients: Mapping[int, Customer],
    wishes: Mapping[int, ContactWish],
    *,
    now: datetime | None = None,
    earlier: Sequence[datetime] = (),
) -> dict[int, Hold]:
    """The messages that wishes of customers and the workspace's policies keep back, by id.

    `recipients` by the customer ids of the messages, `wishes` by those of the recipients.
    Only what has a topic: whoever asked for something gets it at once. Two queries, two more where there are caps.
    `now` may be another moment; `earlier`: when more messages have left to each of them than have places.
    """
    now = now or timezone.now()
    marketing = [each for each in messages if each.is_marketing and each.customer_id in recipients]
    wished = {asked: wishes[customer.pk] for asked, customer in recipients.items() if customer.pk in wishes}
    found = _held_by_pause(marketing, wished, now)
    found |= _held_by_night([each for each in marketing if each.pk not in found], recipients, now)
    return found | _held_by_caps([each for each in marketing if each.pk not in found], wished, now, earlier)


def may_wait_for(pause_ends_at: datetime, message: Message, *, now: datetime) -> bool:
    """A campaign's message is for its day; an automation's may wait for a pause that is nearly over."""
    return message.priority < Priority.CAMPAIGN and pause_ends_at <= now + WAITS_FOR_PAUSE


def _held_by_pause(messages: Sequence[Message], wished: Mapping[int, ContactWish], now: datetime) -> dict[int, Hold]:
    asked = ((each, wished.get(each.customer_id or 0)) for each in messages)
    ends = {message.pk: wish.paused_until for message, wish in asked if wish}
    return {message_id: Hold(Reason.PAUSED, until) for message_id, until in ends.items() if until and until > now}


def _held_by_night(messages: Sequence[Message], recipients: Mapping[int, Customer], now: datetime) -> dict[int, Hold]:
    quiet = QuietHours.objects.first() if messages else None
    if quiet is None:
        return {}
    home = current_workspace().tzinfo
    untils = {
        each.pk: quiet_until(
            now, zone_or(recipients[each.customer_id].zone, home), begins=quiet.begins, ends=quiet.ends
        )
        for each in messages
        if each.customer_id
    }
    return {message_id: Hold(Reason.QUIET_HOURS, until) for message_id, until in untils.items() if until}


def quiet_until(now: datetime, zone: ZoneInfo, *, begins: int, ends: int) -> datetime | None:
    """When the quiet hours that hold at `now` in `zone` are over; None outside them.

    When clocks are put back over their end, they are over when it strikes for the first time.
    """
    local = now.astimezone(zone)
    hour = local.hour
    is_quiet = begins <= hour < ends if begins < ends else hour >= begins or hour < ends
    if not is_quiet:
        return None
    day = local.date() if hour < ends else local.date() + timedelta(days=1)
    until = first_instant(day, ends, zone)
    return until if until > now else None


def _held_by_caps(
    messages: Sequence[Message], wished: Mapping[int, ContactWish], now: datetime, earlier: Sequence[datetime]
) -> dict[int, Hold]:
    policies = list(FrequencyPolicy.objects.all()) if messages else []
    if not policies:
        return {}
    taken = _taken_until({each.customer_id for each in messages if each.customer_id}, policies, now, earlier)
    asking: Counter[tuple[int, int | None]] = Counter()
    found: dict[int, Hold] = {}
    full: dict[int, tuple[FrequencyPolicy, datetime]] = {}
    for each in sorted(messages, key=lambda message: (message.priority, message.not_before, message.pk)):
        for policy in _policies_for(wished.get(each.customer_id or 0), policies):
            place = (policy.pk, each.customer_id)
            others = sorted(until for holder, until in taken[place] if holder != each.pk)
            if len(others) + asking[place] < policy.messages:
                asking[place] += 1 if len(others) == len(taken[place]) else 0
            elif policy.spares_automations and each.priority < Priority.CAMPAIGN:
                continue
            elif len(others) < policy.messages:
                found[each.pk] = Hold(_reason_of(policy), now + SOON)
            else:
                free_at = others[-policy.messages]
                full[each.pk] = max(full.get(each.pk, (policy, free_at)), (policy, free_at), key=lambda it: it[1])
    since = _waiting_since(full)
    return found | {
        message_id: _wait_or_drop(policy, free_at, since.get(message_id, now))
        for message_id, (policy, free_at) in full.items()
    }


def _policies_for(wish: ContactWish | None, policies: Sequence[FrequencyPolicy]) -> list[FrequencyPolicy]:
    is_less_often = wish is not None and wish.is_less_often
    return [policy for policy in policies if is_less_often or not policy.is_wish]


def _reason_of(policy: FrequencyPolicy) -> Reason:
    return Reason.LESS_OFTEN if policy.is_wish else Reason.CAPPED


def _wait_or_drop(policy: FrequencyPolicy, free_at: datetime, since: datetime) -> Hold:
    may_wait = policy.wait_days and free_at <= since + timedelta(days=policy.wait_days)
    return Hold(_reason_of(policy), free_at if may_wait else None)


def _taken_until(
    customer_ids: Collection[int], policies: Sequence[FrequencyPolicy], now: datetime, earlier: Sequence[datetime]
) -> defaultdict[tuple[int, int | None], list[tuple[int, datetime]]]:
    """By policy and customer: which message has a place until when. Those of `earlier` are of no message."""
    spans = {policy.pk: timedelta(days=policy.days) for policy in policies}
    rows = FrequencySlot.objects.filter(customer__in=customer_ids, free_at__gt=now)
    found: defaultdict[tuple[int, int | None], list[tuple[int, datetime]]] = defaultdict(list)
    for policy_id, customer_id, message_id, free_at in rows.values_list(
        "policy_id", "customer_id", "message_id", "free_at"
    ):
        # Of a moment in the past: what left only after it had no place yet. A clock may be some seconds behind.
        if free_at - spans.get(policy_id, timedelta()) <= now + SOON:
            found[policy_id, customer_id].append((message_id, free_at))
    for policy_id, span in spans.items():
        for customer_id in customer_ids if earlier else ():
            found[policy_id, customer_id] += [(_NO_MESSAGE, at + span) for at in earlier if at <= now < at + span]
    return found


def _waiting_since(message_ids: Collection[int]) -> dict[int, datetime]:
    """When each that waits already was put off for the first time."""
    for_want_of_room = (Reason.CAPPED, Reason.LESS_OFTEN)
    events = MessageEvent.objects.filter(message__in=message_ids, kind="put_off", detail__in=for_want_of_room)
    return dict(events.values("message_id").annotate(at=Min("at")).values_list("message_id", "at"))
