"""What flows make of what happened: who enters, who reached the goal, who leaves, and whose wait is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.doorbells import ring
from accounts.public_ids import decode_id
from customers.events import customers_of
from customers.segments.definitions import DefinitionRefused, definition_of
from customers.segments.fields import kinds_heard
from messaging.actions.enrolling import QUEUE, enrol
from messaging.actions.leaving import IS_RUNNING, count_goals, end_enrolments
from messaging.flows.definitions import Do, ExitRule, On
from messaging.flows.entrants import Entrant, begins, entrant_of
from messaging.flows.exits import endings_of
from messaging.flows.people import current_ids
from messaging.flows.plans import Plan, plan_of
from messaging.models import Enrolment, EnrolmentState, Flow, FlowVersion, Message
from timeline.models import Event

# What is told later than this begins nothing any more: a letter about it would puzzle its reader.
TOO_LATE = timedelta(days=3)
# What flows themselves tell begins no flow: two of them could keep each other going for ever.
OWN_KINDS = ("FlowEntered", "FlowHeldOut", "FlowExited", "FlowCompleted")


@transaction.atomic
def follow_events(events: Sequence[Event]) -> None:
    """A batch of whatever happened, in the order in which it was told; what begins a flow first, then what ends one."""
    about_somebody = [event for event in events if event.customer_id is not None and event.kind not in OWN_KINDS]
    if not about_somebody:
        return
    now = timezone.now()
    for flow in Flow.objects.on().select_related("current").order_by("pk"):
        enrol_by_events(flow, about_somebody, now=now)
    meant = current_ids(customers_of(about_somebody))
    for version in _versions_in_use():
        _follow(plan_of(version), version, about_somebody, meant, now=now)


def enrol_by_events(flow: Flow, events: Sequence[Event], *, now: datetime) -> None:
    """Whoever these events bring in. What happened before the flow was switched on brings nobody."""
    if flow.current is None:
        return
    plan = plan_of(flow.current)
    trigger = plan.definition.trigger
    if trigger.on not in (On.EVENT, On.SEGMENT):
        return
    segment_id = decode_id("seg", trigger.segment) if trigger.segment else None
    since = max(flow.switched_on_at or now, now - TOO_LATE)
    entrants: list[Entrant] = [
        entrant_of(event, event.customer_id, plan.definition.reentry)
        for event in events
        if event.customer_id and event.occurred_at >= since and begins(trigger, event, segment_id=segment_id)
    ]
    if entrants:
        enrol(flow, entrants, now=now)


def _versions_in_use() -> Iterable[FlowVersion]:
    """Those that somebody is on the way under, or lately was: a goal counts for some time after the end."""
    waiting = Enrolment.objects.filter(IS_RUNNING, version=OuterRef("pk"))
    return FlowVersion.objects.filter(Exists(waiting) | Q(pk__in=_goals_open())).order_by("pk")


def _goals_open() -> list[int]:
    """The current versions of flows with a goal."""
    flows = Flow.objects.in_use().exclude(current=None).select_related("current")
    return [flow.current.pk for flow in flows if flow.current and plan_of(flow.current).definition.goal]


def _follow(plan: Plan, version: FlowVersion, events: Sequence[Event], meant: dict[int, int], *, now: datetime) -> None:
    heard = [event for event in events if event.kind in _listens(plan)]
    if not heard:
        return
    ids = {meant[pk] for pk in customers_of(heard)}
    # Years of history may be told at once: what happened before somebody entered is nothing to their way.
    entered = Enrolment.objects.filter(version=version, entered_at__lte=max(event.occurred_at for event in heard))
    inside = list(
        entered.filter(_is_followed(plan, heard), customer__in=ids).select_for_update(of=("self",)).order_by("pk")
    )
    if not inside:
        return
    running = [each for each in inside if each.ended_at is None]
    ended = endings_of(running, plan, now=now)
    end_enrolments(ended, at=now)
    _count_late_goals(plan, [each for each in inside if each.ended_at is not None], heard, meant)
    _resume([each for each in running if each.pk not in ended and each.awaits], plan, heard, meant, now=now)


def _listens(plan: Plan) -> set[str]:
    """The kinds of events after which somebody on the way may have to go on or to leave."""
    definition = plan.definition
    kinds = {rule.happening.kind for rule in definition.exits if rule.happening}
    kinds |= {"SegmentLeft" for rule in definition.exits if rule.left}
    kinds |= {"SegmentEntered" for rule in definition.exits if rule.entered}
    kinds |= {str(node.params["event"]) for node in plan.nodes.values() if node.do is Do.WAIT_FOR}
    if definition.goal:
        kinds.add(definition.goal.happening.kind)
    for rule in definition.exits:
        kinds |= _heard_by(rule)
    return kinds


def _heard_by(rule: ExitRule) -> frozenset[str]:
    """Of a condition; one that can't be asked any more hears of nothing."""
    if rule.condition is None:
        return frozenset()
    try:
        return kinds_heard(definition_of(dict(rule.condition)))
    except DefinitionRefused:
        return frozenset()


def _is_followed(plan: Plan, events: Sequence[Event]) -> Q:
    if plan.definition.goal is None:
        return IS_RUNNING
    since = min(event.occurred_at for event in events) - timedelta(days=plan.definition.goal.within_days)
    has_ended = Q(state__in=(EnrolmentState.DONE, EnrolmentState.EXITED), ended_at__gte=since, reached_goal_at=None)
    return IS_RUNNING | has_ended


def _count_late_goals(plan: Plan, ended: Sequence[Enrolment], events: Sequence[Event], meant: dict[int, int]) -> None:
    """By when it happened, not by when it was told."""
    goal = plan.definition.goal
    if goal is None:
        return
    for event in (each for each in events if goal.happening.matches(each.kind, each.payload)):
        latest = event.occurred_at - timedelta(days=goal.within_days)
        reached = [
            each.pk
            for each in ended
            if each.customer_id == meant[event.customer_id or 0]
            and each.entered_at <= event.occurred_at
            and each.ended_at is not None
            and each.ended_at >= latest
        ]
        if reached:
            count_goals(reached, at=event.occurred_at)


def _resume(
    awaiting: Sequence[Enrolment], plan: Plan, events: Sequence[Event], meant: dict[int, int], *, now: datetime
) -> None:
    """Those for whom what they wait for has happened since they came to their step."""
    read = _enrolments_read(events)
    happened = set()
    for enrolment in awaiting:
        node = plan.nodes[enrolment.step]
        where = dict(node.params.get("where") or {})
        for event in events:
            is_theirs = meant[event.customer_id or 0] == enrolment.customer_id and event.kind == enrolment.awaits
            if not is_theirs or event.occurred_at < enrolment.arrived_at:
                continue
            if event.kind in _OF_MESSAGES and read.get(event.payload["message_id"]) != enrolment.pk:
                continue
            if all(event.payload.get(name) == value for name, value in where.items()):
                happened.add(enrolment.pk)
    if happened:
        Enrolment.objects.waiting().filter(pk__in=happened).update(has_happened=True, awaits="", due_at=now)
        ring(QUEUE)


_OF_MESSAGES = ("MessageOpened", "MessageClicked", "MessageReplied")


def _enrolments_read(events: Sequence[Event]) -> dict[int, int | None]:
    """On whose way the messages were sent that somebody opened or followed: only the flow's own count."""
    ids = {event.payload["message_id"] for event in events if event.kind in _OF_MESSAGES}
    return dict(Message.objects.filter(pk__in=ids).values_list("pk", "enrolment_id")) if ids else {}
