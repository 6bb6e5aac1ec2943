"""What the customers of `_crowd` bought and were sent: a million orders of two lines and as many messages, by SQL.

A few products sell most, a few channels bring most, and of the states that a person looks for there are few.
"""

from __future__ import annotations

from typing import Any

from accounts.models import Workspace
from accounts.scope import workspace_scope
from bench._crowd import filling
from crm.embedded.servers import Servers
from messaging.models import SubscriptionTopic, Template, TemplateVersion

PRODUCTS = 2_000
_PRODUCTS = """
insert into sales_product (workspace_id, sku, name, category, price_minor, url, created_at)
select %(workspace)s, 'SKU-' || n, initcap(md5('name' || n)), 'Category ' || n %% 12, 100 + 7 * (n %% 400), '', now()
from generate_series(1, %(products)s) as n
"""
_ORDERS = """
insert into sales_order (
  workspace_id, customer_id, source, number, channel, placed_at, placed_on, currency, total_minor, discount_minor,
  rate_micros, value_minor, refunded_minor, refunded_value_minor, units, paid_at, fulfilled_at, cancelled_at,
  archived_at, created_at, updated_at)
select %(workspace)s, %(customer)s + floor(%(customers)s * random())::bigint, 'shop', 'S-' || lpad(n::text, 8, '0'),
  case when chance < 0.6 then 'web' when chance < 0.9999 then 'till' else 'fair' end, at, at::date, 'USD', total, 0,
  1000000, total, refunded, refunded, 3, case when chance > 0.0005 then at end, case when chance > 0.001 then at end,
  case when chance between 0.7 and 0.702 then at end, case when chance between 0.8 and 0.801 then at end, at, at
from (
  select n, chance, timestamptz '2026-11-01' - 3650 * power(random(), 1.5) * interval '1 day' as at, total,
    case when chance between 0.3 and 0.305 then total else 0 end as refunded
  from (select n, random() as chance, (300 + floor(20000 * power(random(), 3)))::bigint as total
        from generate_series(1, %(count)s) as n) as chances
) as orders
"""
_LINES = """
insert into sales_orderline (
  workspace_id, order_id, product_id, position, description, quantity, unit_price_minor, total_minor)
select workspace_id, id, %(product)s + floor(%(products)s * power(random(), 3))::bigint, position, 'Bread', position,
  100, 100 * position
from sales_order, generate_series(1, 2) as position where workspace_id = %(workspace)s
"""
_MESSAGES = """
insert into messaging_message (
  workspace_id, customer_id, topic_id, template_version_id, purpose, dedupe_key, message_id, address, address_hash,
  context, priority, not_before, state, reason, reply, attempts, lease_token, created_at, tried_at, sent_at, settled_at)
select %(workspace)s, id, %(topic)s, %(version)s,
  case when chance < 0.0001 then 'confirmation' else 'birthday' end, 'bench:' || n, 'bench-' || n, email_norm,
  md5(email_norm), '{}', 50, at, state, case when state in ('skipped', 'failed') then 'suppressed' else '' end, '', 1,
  '', at, at, case when state in ('sent', 'bounced') then at end, at
from (
  select n, chance, timestamptz '2026-11-01' - 1000 * random() * interval '1 day' as at,
    case when chance > 0.98 then 'skipped' when chance > 0.979 then 'bounced' when chance > 0.9789 then 'failed'
    else 'sent' end as state, %(customer)s + floor(%(customers)s * random())::bigint as customer_id
  from (select n, random() as chance from generate_series(1, %(count)s) as n) as chances
) as sent join customers_customer on customers_customer.id = sent.customer_id
"""


def fill_trade(servers: Servers, workspaces: list[Workspace], *, count: int) -> None:
    """As many orders and messages in each of the workspaces, among the customers whom it has."""
    with filling(servers, "sales_order", "sales_orderline", "messaging_message") as cursor:
        for workspace in workspaces:
            _fill_one(cursor, workspace, count)


def _fill_one(cursor: Any, workspace: Workspace, count: int) -> None:
    words = {"workspace": workspace.pk, "count": count, "products": PRODUCTS, **_letter(workspace)}
    cursor.execute(_PRODUCTS, words)
    for name, table in (("customer", "customers_customer"), ("product", "sales_product")):
        cursor.execute(f"select min(id), count(*) from {table} where workspace_id = %s", [workspace.pk])  # noqa: S608  ours
        words[name], words[f"{name}s"] = cursor.fetchone()
    for statement in (_ORDERS, _LINES, _MESSAGES):
        cursor.execute(statement, words)


def _letter(workspace: Workspace) -> dict[str, int]:
    with workspace_scope(workspace):
        topic = SubscriptionTopic.objects.create(key="offers", name="Offers")
        template = Template.objects.create(name="Birthday")
        version = TemplateVersion.objects.create(
            template=template, number=1, subject="Hello", body="", text="", html=""
        )
    return {"topic": topic.pk, "version": version.pk}
