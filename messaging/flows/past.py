"""For whom a flow would have begun in the past: counted before anything is done, then brought in step by step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from accounts.public_ids import decode_id
from accounts.scope import current_workspace_id
from customers.models import Customer, SegmentMembership
from customers.models.customers import IS_LISTED
from customers.queries.filtering import Among
from customers.segments.compiling import Understood
from customers.segments.definitions import definition_of
from customers.segments.fields import Frame
from customers.segments.membership import local_today
from customers.staging import bigints, fetch
from messaging.flows.definitions import On
from messaging.flows.entrants import Entrant, entrant_of
from messaging.flows.plans import plan_of
from messaging.models import FlowVersion
from timeline.models import Event


def past_entrants(version: FlowVersion, ids: Sequence[int], *, since: datetime, now: datetime) -> list[Entrant]:
    """Among these customers: each by the last event that would have brought them, at the time it happened."""
    definition = plan_of(version).definition
    trigger = definition.trigger
    if trigger.on is On.SEGMENT:
        members = SegmentMembership.objects.filter(Among("customer_id", ids), segment=decode_id("seg", trigger.segment))
        return [Entrant(pk, now, "backfill") for pk in members.values_list("customer_id", flat=True)]
    if trigger.happening is None:
        return [Entrant(pk, now, "backfill") for pk in ids] if trigger.on is On.HAND else []
    last = fetch(
        """select distinct on (customer_id) id from timeline_event
           where workspace_id = %s and customer_id = any(%s::bigint[]) and kind = %s and occurred_at >= %s
             and payload @> %s::jsonb
           order by customer_id, occurred_at desc, id desc""",
        [
            current_workspace_id(),
            bigints(ids),
            trigger.happening.kind,
            since,
            json.dumps(dict(trigger.happening.where)),
        ],
    )
    events = Event.objects.filter(pk__in=[pk for (pk,) in last])
    return [entrant_of(event, event.customer_id, definition.reentry) for event in events if event.customer_id]


def count_past(version: FlowVersion, *, since: datetime) -> int:
    """How many customers fit the entry filter and would have been brought in; whom the policy lets in, entry tells."""
    definition = plan_of(version).definition
    trigger = definition.trigger
    customers: QuerySet[Customer] = Customer.objects.filter(IS_LISTED)
    if definition.filter is not None:
        customers = Understood(definition_of(dict(definition.filter))).customers(Frame(local_today()))
    if trigger.on is On.SEGMENT:
        members = SegmentMembership.objects.filter(segment=decode_id("seg", trigger.segment))
        return customers.filter(pk__in=members.values("customer")).count()
    if trigger.happening:
        events = Event.objects.filter(kind=trigger.happening.kind, occurred_at__gte=since, customer_id__isnull=False)
        if trigger.happening.where:  # else the index alone knows
            events = events.filter(payload__contains=dict(trigger.happening.where))
        return customers.filter(pk__in=events.values("customer_id")).count()
    return customers.count() if trigger.on is On.HAND else 0
