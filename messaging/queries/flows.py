from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from accounts.paging import Page, keyset_page
from messaging.flows.plans import plan_of
from messaging.flows.words import StepWords, outcome_in_words, steps_in_words
from messaging.local_mornings import next_quarter
from messaging.models import ACCEPTED_STATES, Enrolment, EnrolmentState, Flow, FlowVersion, Message
from messaging.reasons import reason_in_words

_ACCEPTED = Q(state__in=ACCEPTED_STATES)


def next_flow_work_at(*, now: datetime) -> datetime | None:
    """When somebody is due next, or a day may begin somewhere; None while nobody is on the way and nothing is dated."""
    first = Enrolment.objects.waiting().aggregate(first=Min("due_at"))["first"]
    flows = Flow.objects.on().exclude(current=None).select_related("current")
    is_dated = any(flow.current and plan_of(flow.current).definition.trigger.is_dated for flow in flows)
    times = [*([first] if first else []), *([next_quarter(now)] if is_dated else [])]
    return min(times, default=None)


@dataclass(frozen=True)
class FlowFigures:
    entered: int = 0
    on_the_way: int = 0
    stuck: int = 0
    goals: int = 0
    sent: int = 0


@dataclass(frozen=True)
class StepFigures:
    """`waiting` at the newest version; `sent` and the others of all versions."""

    step: StepWords
    waiting: int
    sent: int
    unsent: int
    opened: int
    clicked: int


def flows_for_list() -> list[tuple[Flow, FlowFigures]]:
    flows = list(Flow.objects.in_use().select_related("current").order_by("name", "pk"))
    figures = flow_figures([flow.pk for flow in flows])
    return [(flow, figures.get(flow.pk, FlowFigures())) for flow in flows]


def archived_flows() -> QuerySet[Flow]:
    return Flow.objects.exclude(archived_at=None).order_by("name", "pk")


def flow_figures(flow_ids: list[int]) -> Mapping[int, FlowFigures]:
    """Two queries for any number of flows."""
    ways = (
        Enrolment.objects.filter(flow__in=flow_ids)
        .order_by()
        .values("flow")
        .annotate(
            entered=Count("pk"),
            on_the_way=Count("pk", filter=Q(state=EnrolmentState.WAITING)),
            stuck=Count("pk", filter=Q(state=EnrolmentState.STUCK)),
            goals=Count("pk", filter=Q(reached_goal_at__isnull=False)),
        )
    )
    sent = Message.objects.filter(_ACCEPTED, enrolment__flow__in=flow_ids, customer__isnull=False).order_by()
    counts = dict(sent.values_list("enrolment__flow").annotate(Count("pk")))
    return {
        row["flow"]: FlowFigures(
            row["entered"], row["on_the_way"], row["stuck"], row["goals"], counts.get(row["flow"], 0)
        )
        for row in ways
    }


def step_figures(flow: Flow) -> list[StepFigures]:
    if flow.current is None:
        return []
    at = Enrolment.objects.waiting().filter(version=flow.current).order_by()
    waiting = dict(at.values_list("step").annotate(Count("pk")))
    messages = Message.objects.filter(enrolment__flow=flow).order_by().values("step")
    rows = messages.annotate(
        sent=Count("pk", filter=_ACCEPTED),
        unsent=Count("pk", filter=Q(state__in=("skipped", "cancelled", "failed"))),
        opened=Count("pk", filter=Q(opened_at__isnull=False) | Q(clicked_at__isnull=False)),
        clicked=Count("pk", filter=Q(clicked_at__isnull=False)),
    )
    by_step = {
        step: counts for step, *counts in rows.values_list("step", "sent", "unsent", "opened", "clicked").order_by()
    }
    return [
        StepFigures(line, waiting.get(line.key, 0), *by_step.get(line.key, (0, 0, 0, 0)))
        for line in steps_in_words(flow.current)
    ]


def on_older_versions(flow: Flow) -> int:
    """How many still go their way under a version that is not the newest."""
    return Enrolment.objects.waiting().filter(flow=flow).exclude(version=flow.current).count()


@dataclass(frozen=True)
class EnrolmentFilter:
    """What the list of ways was asked for; what means nothing asks for nothing."""

    state: str = ""
    step: str = ""
    sent: str = ""
    has_goal: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> EnrolmentFilter:
        state = query.get("state", "")
        return cls(
            state=state if state in EnrolmentState.values else "",
            step=query.get("step", "")[:40].replace("\0", ""),
            sent=query.get("sent", "")[:40].replace("\0", ""),
            has_goal=query.get("goal") == "1",
        )


def enrolment_page(flow: Flow, wanted: EnrolmentFilter, *, cursor: str = "", size: int = 50) -> Page[Enrolment]:
    """The newest first, with their customers."""
    rows = Enrolment.objects.filter(flow=flow).select_related("customer", "version")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.step:
        rows = rows.filter(state=EnrolmentState.WAITING, step=wanted.step, version=flow.current)
    if wanted.sent:
        sent = Message.objects.filter(_ACCEPTED, step=wanted.sent, enrolment__flow=flow)
        rows = rows.filter(pk__in=sent.values("enrolment"))
    if wanted.has_goal:
        rows = rows.exclude(reached_goal_at=None)
    return keyset_page(rows, sort="-pk", cursor=cursor, size=size)


@dataclass(frozen=True)
class StepPassed:
    """One step of somebody's way: when, what came of it, and the message, if one was to be sent."""

    line: StepWords
    at: datetime
    outcome: str
    message: Message | None
    why: str


def way_in_words(enrolment: Enrolment) -> list[StepPassed]:
    lines = {line.key: line for line in steps_in_words(enrolment.version)}
    sent = {message.step: message for message in Message.objects.filter(enrolment=enrolment).order_by("pk")}
    return [
        StepPassed(
            lines[key],
            datetime.fromisoformat(at),
            outcome_in_words(outcome),
            sent.get(key),
            reason_in_words(sent[key].reason) if key in sent and sent[key].reason else "",
        )
        for key, at, outcome in enrolment.trail
    ]


def versions_of(flow: Flow) -> QuerySet[FlowVersion]:
    """The newest first, each with how many are on the way under it."""
    on_the_way = Count("enrolments", filter=Q(enrolments__state=EnrolmentState.WAITING))
    return flow.versions.select_related("written_by").annotate(on_the_way=on_the_way).order_by("-number")
