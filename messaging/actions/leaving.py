"""Out of a flow before its end. What it had put in the queue and has not left yet is kept back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from messaging.actions.stopping import skip_messages
from messaging.events import FlowCompleted, FlowExited
from messaging.flows.endings import DONE, REASON_OF_ENDING, Ending, state_after
from messaging.models import Enrolment, EnrolmentState, Message
from messaging.reasons import Reason
from timeline.recording import record_many
from timeline.registry import EventBody

IS_RUNNING = Q(state__in=(EnrolmentState.WAITING, EnrolmentState.STUCK))


@transaction.atomic
def end_enrolments(endings: Mapping[int, Ending], *, at: datetime | None = None) -> int:
    """End those of these that are still on the way. Returns how many were. Ending twice changes nothing."""
    if not endings:
        return 0
    inside = Enrolment.objects.filter(IS_RUNNING, pk__in=list(endings)).select_for_update(of=("self",)).order_by("pk")
    ended = list(inside.only("pk", "customer_id", "flow_id"))
    moment = at or timezone.now()
    for ending in sorted({endings[each.pk] for each in ended}):
        ids = [each.pk for each in ended if endings[each.pk] == ending]
        Enrolment.objects.filter(pk__in=ids).update(
            state=state_after(ending),
            reason=ending,
            due_at=None,
            awaits="",
            ended_at=moment,
            reached_goal_at=moment if ending == Ending.GOAL else F("reached_goal_at"),
        )
        # What waits in the queue is held back by its reason; what has left, has left.
        skip_messages(Message.objects.filter(enrolment__in=ids), reason=REASON_OF_ENDING.get(ending, Reason.LEFT_FLOW))
    record_many(_told(each, endings[each.pk]) for each in ended)
    return len(ended)


@transaction.atomic
def count_goals(enrolment_ids: list[int], *, at: datetime) -> int:
    """Reached after the end, but soon enough to count."""
    return Enrolment.objects.filter(pk__in=enrolment_ids, reached_goal_at=None).update(reached_goal_at=at)


def _told(enrolment: Enrolment, ending: Ending) -> EventBody:
    kind = FlowCompleted if ending in DONE else FlowExited
    return kind(
        customer_id=enrolment.customer_id, flow_id=enrolment.flow_id, enrolment_id=enrolment.pk, reason=ending.value
    )
