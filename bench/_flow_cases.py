"""People on their way through a flow, and the tick that moves them on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from messaging.actions import add_default_topics, add_template
from messaging.actions.flows import add_flow, switch_on_flow
from messaging.actions.travelling import advance_enrolments
from messaging.models import Enrolment, SubscriptionTopic, TemplateVersion

_ENROL = """
insert into messaging_enrolment (workspace_id, flow_id, version_id, customer_id, entry_key, subject, state, step,
  arrived_at, due_at, awaits, has_happened, context, trail, reason, error, attempts, entered_at)
select workspace_id, %(flow)s, %(version)s, id, '', '', 'waiting', 'wait', %(now)s,
  %(now)s + case when row_number() over (order by id) <= %(due)s then interval '-1 hour' else interval '1 day' end,
  '', false, '{}', '[]', '', '', 0, %(now)s
from customers_customer where workspace_id = %(workspace)s
"""
_CLAIM_AND_MOVE = """
with due as materialized (
  select id from messaging_enrolment where workspace_id = %(workspace)s and state = 'waiting' and due_at <= %(now)s
  order by due_at, id for update skip locked limit 1000)
update messaging_enrolment e set step = 'again', due_at = %(later)s, arrived_at = %(now)s
from due where e.workspace_id = %(workspace)s and e.id = due.id returning e.id, e.customer_id
"""
_WRITE = """
insert into messaging_message (workspace_id, message_id, created_at, reply, attempts, lease_token, state, reason,
  customer_id, topic_id, template_version_id, purpose, dedupe_key, address, address_hash, context, priority,
  not_before, enrolment_id, step)
select %(workspace)s, '<' || gen_random_uuid() || '@bench>', %(now)s, '', 0, '', 'queued', '', c.id, %(topic)s,
  %(version)s, 'flow', 'flow:' || went.id || ':send', c.email, '', '{}', 50, %(now)s, went.id, 'send'
from unnest(%(ids)s::bigint[], %(customers)s::bigint[]) as went(id, customer_id)
join customers_customer c on c.workspace_id = %(workspace)s and c.id = went.customer_id
"""


class FlowCase:
    def __init__(self, workspace: Workspace, *, due: int) -> None:
        self._workspace = workspace
        self._now: datetime = timezone.now()
        with workspace_scope(workspace):
            add_default_topics()
            version = add_template(name="A word", subject="Hello {{ customer.first_name }}", body="Good to see you.")
            template = encode_id("tpl", version.template_id)
            steps = [
                {"key": "wait", "do": "wait", "days": 1},
                {"key": "send", "do": "send", "template": template, "topic": "newsletter"},
                {"key": "again", "do": "wait", "days": 1},
            ]
            flow = switch_on_flow(add_flow(name="Bench", definition={"trigger": {"on": "hand"}, "steps": steps}))
            params = {"flow": flow.pk, "version": flow.current_id, "now": self._now, "due": due}
            with connection.cursor() as cursor:
                cursor.execute(_ENROL, params | {"workspace": workspace.pk})
            self.on_the_way = Enrolment.objects.waiting().count()
            self._topic = SubscriptionTopic.objects.get(key="newsletter").pk
            self._version = TemplateVersion.objects.latest("pk").pk

    def tick(self, chunks: int) -> None:
        """As the worker does it, a transaction each; undone."""
        for _ in range(chunks):
            with workspace_scope(self._workspace):
                assert advance_enrolments(now=self._now) == 1000  # noqa: PLR2004
                transaction.set_rollback(True)

    def by_hand(self, chunks: int) -> None:
        params: dict[str, Any] = {
            "workspace": self._workspace.pk,
            "now": self._now,
            "later": self._now + timedelta(days=1),
        }
        for _ in range(chunks):
            with workspace_scope(self._workspace), connection.cursor() as cursor:
                cursor.execute(_CLAIM_AND_MOVE, params)
                ids, customers = (list(column) for column in zip(*cursor.fetchall(), strict=True))
                words: dict[str, Any] = {
                    "ids": ids,
                    "customers": customers,
                    "topic": self._topic,
                    "version": self._version,
                }
                cursor.execute(_WRITE, params | words)
                transaction.set_rollback(True)
