"""What the customers of `_crowd` told and did: attributes, events, and letters that they read, by SQL."""

from __future__ import annotations

from typing import Any

from accounts.models import Workspace
from accounts.scope import workspace_scope
from bench._crowd import filling
from crm.embedded.servers import Servers
from customers.actions import define_attribute
from customers.models.attributes import AttributeKind

BREADS = ("rye", "wheat", "spelt", "oat", "corn", "barley")
EVENTS = ("Recipe Saved", "Plan Chosen", "Video Watched", "Coupon Seen", "Trial Started")
LAST_DAY = "2026-11-20"

_TEXTS = """
insert into customers_attributevalue (workspace_id, customer_id, attribute_id, text)
select workspace_id, id, %(bread)s, (%(breads)s)[1 + floor(6 * power(random(), 2))] from customers_customer
where workspace_id = %(workspace)s and random() < 0.7
"""
_NUMBERS = """
insert into customers_attributevalue (workspace_id, customer_id, attribute_id, text, number)
select workspace_id, id, %(seats)s, '', floor(50 * power(random(), 2)) from customers_customer
where workspace_id = %(workspace)s and random() < 0.5
"""
_DAYS = """
insert into customers_attributevalue (workspace_id, customer_id, attribute_id, text, day)
select workspace_id, id, %(met)s, '', date %(last_day)s - (1500 * random())::int from customers_customer
where workspace_id = %(workspace)s and random() < 0.3
"""
# One in three did nothing; of the others one did most. As they come: the newest last.
_EVENTS = """
insert into timeline_event (workspace_id, kind, customer_id, actor, occurred_at, recorded_at, tx, payload)
select %(workspace)s, case when chance < 0.6 then 'CustomEvent' else 'PageViewed' end,
  %(customer)s + floor(%(customers)s * power(random(), 1.5))::bigint, 'key:1', at, at, 1,
  jsonb_build_object('name', (%(events)s)[1 + floor(5 * power(random(), 2))], 'key', md5(n::text || %(workspace)s))
from (
  select n, random() as chance, timestamptz %(last_day)s - (1 - n::float / %(count)s) * interval '400 days' as at
  from generate_series(1, %(count)s) as n
) as told
"""
_TOLD = """
insert into customers_ingestedevent (workspace_id, key, properties)
select workspace_id, (payload ->> 'key')::uuid, '{"minutes": ' || floor(100 * random()) || ', "plan": "pro"}'
from timeline_event where workspace_id = %(workspace)s and kind = 'CustomEvent'
"""
_READ = """
update messaging_message set opened_at = sent_at + interval '1 hour',
  clicked_at = case when id %% 4 = 0 then sent_at + interval '2 hours' end
where workspace_id = %(workspace)s and state = 'sent' and id %% 10 < 4
"""


def fill_deeds(servers: Servers, workspaces: list[Workspace], *, count: int) -> None:
    """So many events in each of the workspaces; attributes of its customers, and of its messages those read."""
    tables = ("customers_attributevalue", "timeline_event", "customers_ingestedevent", "messaging_message")
    words = {workspace: _attributes(workspace) for workspace in workspaces}
    with filling(servers, *tables) as cursor:
        for workspace in workspaces:
            _fill_one(cursor, {"workspace": workspace.pk, "count": count, **words[workspace]})


def _fill_one(cursor: Any, words: dict[str, Any]) -> None:
    cursor.execute("select min(id), count(*) from customers_customer where workspace_id = %(workspace)s", words)
    words["customer"], words["customers"] = cursor.fetchone()
    words |= {"breads": list(BREADS), "events": list(EVENTS), "last_day": LAST_DAY}
    for statement in (_TEXTS, _NUMBERS, _DAYS, _EVENTS, _TOLD, _READ):
        cursor.execute(statement, words)


def _attributes(workspace: Workspace) -> dict[str, int]:
    kinds = {"bread": AttributeKind.TEXT, "seats": AttributeKind.NUMBER, "met": AttributeKind.DAY}
    with workspace_scope(workspace):
        return {key: define_attribute(label=key, kind=kind).pk for key, kind in kinds.items()}
