"""Bringing in past customers: those for whom the flow would have begun, as of the day on which it would have."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from customers.models import Customer
from customers.models.customers import IS_LISTED
from messaging.actions.enrolling import enrol
from messaging.actions.flows import empty_flow
from messaging.actions.leaving import IS_RUNNING
from messaging.flows.past import past_entrants
from messaging.models import Enrolment, Flow

AT_ONCE = 1000


@transaction.atomic
def backfill_flow(*, now: datetime, limit: int = AT_ONCE) -> bool:
    """Look at the next customers for the first flow with a back-fill that goes on. Whether there was any."""
    going_on = Flow.objects.on().exclude(backfill_after=None).select_related("current").order_by("pk")
    flow = going_on.select_for_update(of=("self",), skip_locked=True).first()
    if flow is None or flow.current is None:
        return False
    later = Customer.objects.filter(IS_LISTED, pk__gt=flow.backfill_after or 0).order_by("pk")
    ids = list(later.values_list("pk", flat=True)[:limit])
    since = now - timedelta(days=flow.backfill_days)
    flow.backfilled += len(enrol(flow, past_entrants(flow.current, ids, since=since, now=now), now=now))
    flow.backfill_after = ids[-1] if len(ids) == limit else None
    flow.save(update_fields=["backfill_after", "backfilled"])
    return True


@transaction.atomic
def empty_archived_flows(*, now: datetime, limit: int = AT_ONCE) -> bool:
    """Go on taking people out of flows that were archived. Whether there were any."""
    inside = Enrolment.objects.filter(IS_RUNNING, flow=OuterRef("pk"))
    flow = Flow.objects.exclude(archived_at=None).filter(Exists(inside)).order_by("pk").first()
    return flow is not None and empty_flow(flow, limit=limit) > 0
