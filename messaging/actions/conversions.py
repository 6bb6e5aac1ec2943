"""Which message an order counts for: last touch, within the days of the goal (reference: Klaviyo's, 5 days)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min

from accounts.scope import current_workspace, current_workspace_id
from customers.queries.filtering import Among
from customers.staging import bigints, fetch
from messaging.actions.campaigns.counting import mark_stale
from messaging.campaign_plans import LONGEST_GOAL
from messaging.events import ConversionRevoked, MessageConverted
from messaging.models import Conversion, Message
from sales.models import Order
from timeline.recording import record_many

AT_ONCE = 5_000
"""Orders that are looked at in one statement."""

# A click beats an opening, an opening beats having received it; of two alike the later one counts. Of a message the
# first touches are known and the last. The one that an order counts for already is known by that, whatever came after.
_LAST_TOUCHES = """
select distinct on (o.id) o.id, m.id, m.campaign_id, t.touch, t.at, o.placed_at, o.value_minor - o.refunded_value_minor
from sales_order o
join messaging_message m on m.workspace_id = o.workspace_id and m.customer_id = o.customer_id
                        and m.topic_id is not null and m.sent_at <= o.placed_at
left join messaging_campaign c on c.workspace_id = m.workspace_id and c.id = m.campaign_id
left join messaging_conversion v on v.workspace_id = o.workspace_id and v.order_id = o.id and v.message_id = m.id
cross join lateral (
  select 1 as rank, 'clicked' as touch, max(e.at) as at
  from messaging_messageevent e
  where m.clicked_at is not null and e.workspace_id = m.workspace_id and e.message_id = m.id and e.kind = 'clicked'
    and e.at <= o.placed_at
  union all
  select 1, 'clicked', m.clicked_at where m.clicked_at <= o.placed_at
  union all
  select 1, 'clicked', m.last_clicked_at where m.last_clicked_at <= o.placed_at
  union all
  select 2, 'opened', m.opened_at where m.opened_at <= o.placed_at
  union all
  select 2, 'opened', m.last_opened_at where m.last_opened_at <= o.placed_at
  union all
  select case v.touch when 'clicked' then 1 else 2 end, v.touch, v.touched_at
  where v.touch <> 'received' and v.touched_at <= o.placed_at
  union all
  select 3, 'received', m.sent_at where %(receipts)s and m.state <> 'bounced'
) t
where o.workspace_id = %(workspace)s and o.id = any(%(orders)s::bigint[]) and o.customer_id is not null
  and o.cancelled_at is null and o.archived_at is null
  and (o.refunded_minor = 0 or o.refunded_minor < o.total_minor)
  and t.at > o.placed_at - coalesce(c.goal_days, %(days)s) * interval '1 day'
order by o.id, t.rank, t.at desc, m.id desc"""


@dataclass(frozen=True)
class _LastTouch:
    order_id: int
    message_id: int
    campaign_id: int | None
    touch: str
    touched_at: datetime
    placed_at: datetime
    value_minor: int


@transaction.atomic
def attribute_orders(order_ids: Collection[int]) -> None:
    """Say of each order anew which message it counts for, if any, and tell the timeline of what is new or over."""
    ids = sorted(set(order_ids))
    for start in range(0, len(ids), AT_ONCE):
        _attribute(ids[start : start + AT_ONCE])


@transaction.atomic
def attribute_orders_of(customer_ids: Collection[int], *, since: datetime) -> None:
    """Of these customers, what they have ordered since then, or what that time may count for."""
    placed = Order.objects.filter(Among("customer_id", sorted(customer_ids)), placed_at__gte=since)
    attribute_orders(placed.values_list("pk", flat=True))


@transaction.atomic
def attribute_readings(message_ids: Collection[int]) -> None:
    """They were read or followed, as is known only now: an order placed right after it may have been told before."""
    messages = Message.objects.filter(pk__in=message_ids, customer__isnull=False)
    if (since := messages.aggregate(first=Min("opened_at"))["first"]) is not None:
        attribute_orders_of(set(messages.values_list("customer_id", flat=True)), since=since)


@transaction.atomic
def attribute_merged(customer_ids: Collection[int], *, now: datetime) -> None:
    """Their messages and their orders have come together, or apart."""
    attribute_orders_of(customer_ids, since=now - timedelta(days=LONGEST_GOAL))


def _attribute(order_ids: list[int]) -> None:
    wanted = {row[0]: _LastTouch(*row) for row in _last_touches(order_ids)}
    known = {each.order_id: each for each in Conversion.objects.filter(order__in=order_ids).select_related("message")}
    over = [each for order_id, each in known.items() if not _is_kept(each, wanted.get(order_id))]
    Conversion.objects.filter(pk__in=[each.pk for each in over]).delete()
    record_many(
        ConversionRevoked(
            customer_id=each.message.customer_id,
            message_id=each.message_id,
            purpose=each.message.purpose,
            order_id=each.order_id,
        )
        for each in over
    )
    kept = known.keys() - {each.order_id for each in over}
    _update([(known[order_id], wanted[order_id]) for order_id in sorted(kept)])
    _add([touch for order_id, touch in sorted(wanted.items()) if order_id not in kept])
    mark_stale({each.message_id for each in known.values()} | {touch.message_id for touch in wanted.values()})


def _last_touches(order_ids: list[int]) -> list[tuple[Any, ...]]:
    workspace = current_workspace()
    return fetch(
        _LAST_TOUCHES,
        {
            "workspace": current_workspace_id(),
            "orders": bigints(order_ids),
            "days": workspace.goal_days,
            "receipts": workspace.counts_receipts,
        },
    )


def _is_kept(known: Conversion, wanted: _LastTouch | None) -> bool:
    return wanted is not None and wanted.message_id == known.message_id


def _update(pairs: Iterable[tuple[Conversion, _LastTouch]]) -> None:
    changed = []
    for known, wanted in pairs:
        now = (wanted.value_minor, wanted.touch, wanted.touched_at, wanted.placed_at)
        if now != (known.value_minor, known.touch, known.touched_at, known.converted_at):
            known.value_minor, known.touch, known.touched_at, known.converted_at = now
            changed.append(known)
    Conversion.objects.bulk_update(changed, ["value_minor", "touch", "touched_at", "converted_at"])


def _add(touches: list[_LastTouch]) -> None:
    Conversion.objects.bulk_create(
        Conversion(
            message_id=touch.message_id,
            order_id=touch.order_id,
            campaign_id=touch.campaign_id,
            touch=touch.touch,
            touched_at=touch.touched_at,
            converted_at=touch.placed_at,
            value_minor=touch.value_minor,
        )
        for touch in touches
    )
    messages = Message.objects.in_bulk({touch.message_id for touch in touches})
    currency = current_workspace().currency
    record_many(
        MessageConverted(
            customer_id=messages[touch.message_id].customer_id,
            occurred_at=touch.placed_at,
            message_id=touch.message_id,
            purpose=messages[touch.message_id].purpose,
            order_id=touch.order_id,
            value_minor=touch.value_minor,
            currency=currency,
        )
        for touch in touches
    )
