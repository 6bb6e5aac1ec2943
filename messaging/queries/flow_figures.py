"""What came of a flow, in figures: each counted by the condition that opens its people, and with where they stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum
from django.urls import reverse

from messaging.flows.endings import Ending, ending_in_words
from messaging.flows.words import StepWords, steps_in_words
from messaging.models import Conversion, Enrolment, EnrolmentState, Flow, Message
from messaging.queries.outcomes import OUTCOMES
from messaging.reasons import reason_in_words

# On the way from one step to the next, not past the last.
LEFT_AT_STEP = Q(state__in=(EnrolmentState.DONE, EnrolmentState.EXITED)) & ~Q(reason=Ending.COMPLETED)
COUNTED = ("sent", "unsent", "opened", "clicked")


@dataclass(frozen=True)
class FlowFigures:
    entered: int = 0
    on_the_way: int = 0
    stuck: int = 0
    held_out: int = 0
    goals: int = 0
    sent: int = 0


@dataclass(frozen=True)
class StepFigures:
    """`figures` by name: `waiting` at the newest version, the others of all versions. `urls` of those of anybody."""

    step: StepWords
    figures: Mapping[str, int]
    urls: Mapping[str, str]
    revenue_minor: int


@dataclass(frozen=True)
class ReasonFigure:
    words: str
    count: int
    url: str
    step: str


@dataclass
class _Counts:
    """By step; what was not sent, and who left, also by reason. Steps that only earlier versions have count, too."""

    of_messages: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unsent: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    revenue: Counter[str] = field(default_factory=Counter)


class FlowReport:
    """Six queries, whatever the flow, and those that put its steps into words."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._people = reverse("messaging:enrolment_list", args=[flow.pk])
        self.total = flow_figures([flow.pk]).get(flow.pk, FlowFigures())

    @property
    def converted(self) -> int:
        """Messages that an order counts for: of each order the last that its customer followed, or else read."""
        return sum(counts["converted"] for counts in self._counts.of_messages.values())

    @property
    def revenue_minor(self) -> int:
        return sum(self._counts.revenue.values())

    @property
    def urls(self) -> dict[str, str]:
        return {name: self._messages(outcome=name) for name in ("sent", "converted")}

    @cached_property
    def steps(self) -> list[StepFigures]:
        at = Enrolment.objects.waiting().filter(version=self._flow.current).order_by()
        waiting = dict(at.values_list("step").annotate(Count("pk")))
        left: Counter[str] = Counter()
        for (step, _reason), count in self._counts.left.items():
            left[step] += count
        return [self._step(line, {"waiting": waiting.get(line.key, 0), "left": left[line.key]}) for line in self._lines]

    @property
    def unsent_reasons(self) -> list[ReasonFigure]:
        """Why messages of a step were not sent, most first."""
        return self._reasons(
            (step, reason, reason_in_words(reason), count, self._messages(step=step, outcome="unsent", reason=reason))
            for (step, reason), count in self._counts.unsent.items()
        )

    @property
    def endings(self) -> list[ReasonFigure]:
        """Why people left at a step, most first."""
        return self._reasons(
            (
                step,
                reason,
                ending_in_words(reason),
                count,
                f"{self._people}?{urlencode({'left': step, 'reason': reason})}",
            )
            for (step, reason), count in self._counts.left.items()
        )

    def _reasons(self, rows: Iterable[tuple[str, str, str, int, str]]) -> list[ReasonFigure]:
        titles = {line.key: " · ".join(filter(None, (line.title, line.detail))) for line in self._lines}
        ordered = sorted(rows, key=lambda row: (-row[3], row[0], row[1]))
        return [ReasonFigure(words, count, url, titles.get(step, "")) for step, _code, words, count, url in ordered]

    def _step(self, line: StepWords, ways: Mapping[str, int]) -> StepFigures:
        figures = {**ways, **{name: self._counts.of_messages[line.key][name] for name in (*COUNTED, "converted")}}
        urls = {name: self._messages(step=line.key, outcome=name) for name in (*COUNTED, "converted") if figures[name]}
        urls |= {
            name: f"{self._people}?{urlencode({asked: line.key})}"
            for name, asked in (("waiting", "step"), ("left", "left"))
            if figures[name]
        }
        return StepFigures(line, figures, urls, self._counts.revenue[line.key])

    def _messages(self, **wanted: str) -> str:
        return f"{reverse('messaging:message_list')}?{urlencode({'flow': self._flow.pk, **wanted})}"

    @cached_property
    def _lines(self) -> list[StepWords]:
        return list(steps_in_words(self._flow.current)) if self._flow.current else []

    @cached_property
    def _counts(self) -> _Counts:
        counts = _Counts()
        messages = Message.objects.filter(enrolment__flow=self._flow, customer__isnull=False).order_by()
        counted = {name: Count("pk", filter=OUTCOMES[name][1]) for name in COUNTED}
        rows = messages.values("step", "reason").annotate(**counted).values_list("step", "reason", *COUNTED)
        for step, reason, *numbers in rows:
            counts.of_messages[step].update(dict(zip(COUNTED, numbers, strict=True)))
            if unsent := numbers[COUNTED.index("unsent")]:
                counts.unsent[step, reason] = unsent
        orders = Conversion.objects.filter(message__enrolment__flow=self._flow, message__customer__isnull=False)
        by_step = orders.order_by().values_list("message__step")
        for step, converted, revenue in by_step.annotate(Count("message", distinct=True), Sum("value_minor")):
            counts.of_messages[step]["converted"] = converted
            counts.revenue[step] = revenue
        ended = Enrolment.objects.filter(LEFT_AT_STEP, flow=self._flow).order_by().values_list("step", "reason")
        counts.left.update({(step, reason): count for step, reason, count in ended.annotate(Count("pk"))})
        return counts


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
            held_out=Count("pk", filter=Q(state=EnrolmentState.HELD_OUT)),
            goals=Count("pk", filter=Q(reached_goal_at__isnull=False)),
        )
    )
    sent = Message.objects.filter(OUTCOMES["sent"][1], enrolment__flow__in=flow_ids, customer__isnull=False).order_by()
    counts = dict(sent.values_list("enrolment__flow").annotate(Count("pk")))
    return {
        row["flow"]: FlowFigures(
            entered=row["entered"],
            on_the_way=row["on_the_way"],
            stuck=row["stuck"],
            held_out=row["held_out"],
            goals=row["goals"],
            sent=counts.get(row["flow"], 0),
        )
        for row in ways
    }
