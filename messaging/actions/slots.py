"""The places that frequency policies give each customer, taken when a message leaves and given back if it did not."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from accounts.scope import current_workspace_id
from messaging.models import FrequencySlot, Priority

# Several messages of one statement to one customer each take a place of their own: the nth that asks takes the nth that
# is free. Sorted, so that two workers that take places of the same customers do not wait for each other in a circle.
_TAKE = """
with asked as (
  select p.id as policy_id, p.messages, p.days, m.customer_id, m.id as message_id,
         p.spares_automations and m.priority < %(campaign)s as is_spared,
         row_number() over (partition by p.id, m.customer_id order by m.priority, m.id) as turn
  from messaging_message m
  join messaging_frequencypolicy p
    on p.workspace_id = m.workspace_id
    and (not p.is_wish or exists (select from messaging_contactwish w
                                  where w.workspace_id = m.workspace_id and w.customer_id = m.customer_id
                                    and w.is_less_often))
  where m.workspace_id = %(workspace)s and m.id = any(%(messages)s)
    and m.topic_id is not null and m.customer_id is not null
    and not exists (select from messaging_frequencyslot s
                    where s.workspace_id = m.workspace_id and s.policy_id = p.id and s.customer_id = m.customer_id
                      and s.message_id = m.id and s.free_at > now())),
free as (
  select a.policy_id, a.customer_id, n.number,
         row_number() over (partition by a.policy_id, a.customer_id order by n.number) as turn
  from (select distinct policy_id, customer_id, messages from asked) a, generate_series(1, a.messages) n(number)
  where not exists (select from messaging_frequencyslot s
                    where s.workspace_id = %(workspace)s and s.policy_id = a.policy_id
                      and s.customer_id = a.customer_id and s.number = n.number and s.free_at > now())),
taken as (
  insert into messaging_frequencyslot as slot (workspace_id, policy_id, customer_id, number, message_id, free_at)
  select %(workspace)s, policy_id, customer_id, number, message_id, now() + days * interval '1 day'
  from asked join free using (policy_id, customer_id, turn)
  order by policy_id, customer_id, number
  on conflict (workspace_id, policy_id, customer_id, number)
    do update set message_id = excluded.message_id, free_at = excluded.free_at where slot.free_at <= now()
  returning policy_id, message_id)
select distinct asked.message_id
from asked left join taken using (policy_id, message_id)
where taken.message_id is null and not asked.is_spared
"""


def take_slots(message_ids: Collection[int]) -> set[int]:
    """Take a place under every policy for each message. Returns those that found none, and have taken none."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "workspace": current_workspace_id(),
                "messages": list(message_ids),
                "campaign": Priority.CAMPAIGN.value,
            },
        )
        refused = {message_id for (message_id,) in cursor.fetchall()}
    give_back_slots(refused)
    return refused


def give_back_slots(message_ids: Collection[int]) -> None:
    """These did not leave."""
    if message_ids:
        FrequencySlot.objects.filter(message__in=message_ids).delete()
