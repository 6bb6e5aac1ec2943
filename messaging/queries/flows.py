from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from messaging.flows.plans import plan_of
from messaging.local_mornings import next_quarter
from messaging.models import Enrolment, Flow


def next_flow_work_at(*, now: datetime) -> datetime | None:
    """When somebody is due next, or a day may begin somewhere; None while nobody is on the way and nothing is dated."""
    first = Enrolment.objects.waiting().aggregate(first=Min("due_at"))["first"]
    flows = Flow.objects.on().exclude(current=None).select_related("current")
    is_dated = any(flow.current and plan_of(flow.current).definition.trigger.is_dated for flow in flows)
    times = [*([first] if first else []), *([next_quarter(now)] if is_dated else [])]
    return min(times, default=None)
