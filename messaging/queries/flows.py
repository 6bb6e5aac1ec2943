from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from accounts.paging import Page, keyset_page
from messaging.flows.endings import Ending
from messaging.flows.plans import plan_of
from messaging.flows.words import StepWords, outcome_in_words, steps_in_words
from messaging.local_mornings import next_quarter
from messaging.models import Enrolment, EnrolmentState, Flow, FlowVersion, Message
from messaging.queries.flow_figures import LEFT_AT_STEP, FlowFigures, flow_figures
from messaging.queries.flow_lift import COUNTED, lift_of
from messaging.reasons import reason_in_words


def next_flow_work_at(*, now: datetime) -> datetime | None:
    """When somebody is due next, or a day may begin somewhere; None while nobody is on the way and nothing is dated."""
    first = Enrolment.objects.waiting().aggregate(first=Min("due_at"))["first"]
    flows = Flow.objects.on().exclude(current=None).select_related("current")
    triggers = [plan_of(flow.current).definition.trigger for flow in flows if flow.current]
    days = [next_quarter(now, each.at) for each in triggers if each.is_dated]
    return min([*([first] if first else []), *days], default=None)


def flows_for_list() -> list[tuple[Flow, FlowFigures]]:
    flows = list(Flow.objects.in_use().select_related("current").order_by("name", "pk"))
    figures = flow_figures([flow.pk for flow in flows])
    return [(flow, figures.get(flow.pk, FlowFigures())) for flow in flows]


def archived_flows() -> QuerySet[Flow]:
    return Flow.objects.exclude(archived_at=None).order_by("name", "pk")


def on_older_versions(flow: Flow) -> int:
    """How many still go their way under a version that is not the newest."""
    return Enrolment.objects.waiting().filter(flow=flow).exclude(version=flow.current).count()


@dataclass(frozen=True)
class EnrolmentFilter:
    """What the list of ways was asked for; what means nothing asks for nothing."""

    state: str = ""
    step: str = ""
    left: str = ""
    reason: str = ""
    has_goal: bool = False
    counted: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> EnrolmentFilter:
        state = query.get("state", "")
        return cls(
            state=state if state in EnrolmentState.values else "",
            step=query.get("step", "")[:40].replace("\0", ""),
            left=query.get("left", "")[:40].replace("\0", ""),
            reason=reason if (reason := query.get("reason", "")) in Ending.values else "",
            has_goal=query.get("goal") == "1",
            counted=counted if (counted := query.get("counted", "")) in COUNTED else "",
        )


def enrolment_page(flow: Flow, wanted: EnrolmentFilter, *, cursor: str = "", size: int = 50) -> Page[Enrolment]:
    """The newest first, with their customers."""
    lift = lift_of(flow) if wanted.counted else None
    rows = lift.people(wanted.counted) if lift else Enrolment.objects.filter(flow=flow)
    rows = rows.select_related("customer", "version")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.step:
        rows = rows.filter(state=EnrolmentState.WAITING, step=wanted.step, version=flow.current)
    if wanted.left:
        rows = rows.filter(LEFT_AT_STEP, step=wanted.left)
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
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
