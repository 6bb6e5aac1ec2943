"""What a flow brought: those who went through it beside those who were held out, over the same days of each.

Everybody counts once, by when they were first enrolled under the share that is drawn by now: under another, others
were held out. Both groups have as many days from there: as long as its steps can take, and those of the goal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from math import ceil

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.flows.definitions import Goal
from messaging.flows.plans import Plan, plan_of
from messaging.lift import Lift, Share
from messaging.models import Enrolment, EnrolmentState, Flow, FlowVersion
from messaging.queries.outcomes import FEW, days_after, ordered_within, orders_within
from timeline.models import Event

HELD_OUT = Q(state=EnrolmentState.HELD_OUT)
_GROUPS = {"written_to": ~HELD_OUT, "held_out": HELD_OUT}
_PREFIXES = {"written_to": "", "held_out": "held_out_"}
# What the list of people says of each figure that opened it.
COUNTED = {
    "written_to": _("Those who went through it"),
    "held_out": _("Those who were held out"),
    "goals": _("Went through it, and reached the goal in time"),
    "held_out_goals": _("Held out, and reached the goal in time"),
    "buyers": _("Went through it, and ordered in time"),
    "held_out_buyers": _("Held out, and ordered in time"),
}


@dataclass(frozen=True)
class GroupFigures:
    """`goals` of a flow that has none are nobody's. Revenue is that of the same days, after refunds."""

    people: int = 0
    goals: int = 0
    buyers: int = 0
    revenue_minor: int = 0

    @property
    def each_minor(self) -> int:
        return round(self.revenue_minor / self.people) if self.people else 0


@dataclass(frozen=True)
class _Trial:
    """The newest versions in a row that hold out one share of those who enter."""

    percent: int
    since: datetime
    version_ids: list[int]


class FlowLift:
    """A dozen queries, whatever the flow; none until somebody is counted."""

    def __init__(self, flow: Flow, trial: _Trial) -> None:
        self._flow, self._trial = flow, trial
        self.percent, self.since = trial.percent, trial.since

    @property
    def days(self) -> int:
        """From when each was enrolled."""
        within = self.goal.within_days if self.goal else current_workspace().goal_days
        return max(ceil(self._plan.longest_way() / timedelta(days=1)) + within, 1)

    @property
    def goal(self) -> Goal | None:
        return self._plan.definition.goal

    @cached_property
    def groups(self) -> dict[str, GroupFigures]:
        everybody = self._counted(self._everybody)
        reached = self._counted(self._everybody.filter(self._reached)) if self.goal else {}
        bought = self._bought()
        return {name: GroupFigures(everybody[name], reached.get(name, 0), *bought[name]) for name in _GROUPS}

    @property
    def lift(self) -> Lift:
        """Of the goal; of orders, where the flow has none."""
        done = {name: group.goals if self.goal else group.buyers for name, group in self.groups.items()}
        shares = {name: Share(done[name], group.people) for name, group in self.groups.items()}
        return Lift(**shares)

    @property
    def rows(self) -> list[tuple[str, GroupFigures, Mapping[str, str]]]:
        """Each group in words, its figures, and where the people of each stand."""
        words = {"written_to": _("Went through it"), "held_out": _("Held out")}
        return [(str(words[name]), group, self._urls(name, group)) for name, group in self.groups.items()]

    @property
    def lift_urls(self) -> list[str | None]:
        return [urls.get("goals" if self.goal else "buyers") for _words, _group, urls in self.rows]

    def people(self, counted: str) -> QuerySet[Enrolment]:
        """Those behind the figure of this name of COUNTED."""
        group = _GROUPS["held_out" if counted.startswith("held_out") else "written_to"]
        done = {"goals": self._reached, "buyers": self._ordered}.get(counted.removeprefix("held_out_"), Q())
        return self._everybody.filter(group, done)

    def _urls(self, name: str, group: GroupFigures) -> dict[str, str]:
        """None for a figure of nobody."""
        people = reverse("messaging:enrolment_list", args=[self._flow.pk])
        counted = {"people": name, "goals": f"{_PREFIXES[name]}goals", "buyers": f"{_PREFIXES[name]}buyers"}
        return {each: f"{people}?counted={asked}" for each, asked in counted.items() if getattr(group, each)}

    @cached_property
    def _plan(self) -> Plan:
        newest = self._trial.version_ids[0]
        is_current = self._flow.current is not None and self._flow.current.pk == newest
        return plan_of(self._flow.current if is_current else FlowVersion.objects.get(pk=newest))

    @property
    def _everybody(self) -> QuerySet[Enrolment]:
        rows = Enrolment.objects.filter(flow=self._flow, version__in=self._trial.version_ids)
        return rows.exclude(Exists(rows.filter(customer=OuterRef("customer"), pk__lt=OuterRef("pk"))))

    @property
    def _ordered(self) -> Q:
        return ordered_within(self.days, of=OuterRef("enrolled_at"), since=self.since, until=timezone.now())

    @property
    def _reached(self) -> Q:
        """What was told of somebody who was merged into them later is theirs, too."""
        goal = self.goal
        if goal is None:
            return Q(pk=None)
        happened = Event.objects.filter(
            kind=goal.happening.kind,
            occurred_at__gte=OuterRef("enrolled_at"),
            occurred_at__lt=days_after(OuterRef("enrolled_at"), self.days),
        )
        if goal.happening.where:  # else the index alone knows
            happened = happened.filter(payload__contains=dict(goal.happening.where))
        mine = happened.filter(customer_id=OuterRef("customer_id"))
        others = Customer.objects.filter(merged_into=OuterRef(OuterRef("customer_id")))
        absorbed = happened.filter(customer_id__in=others.values("pk"))
        since = Event.objects.filter(kind=goal.happening.kind, occurred_at__gte=self.since)
        lately = since.filter(customer_id__isnull=False).order_by()
        # Only of them is asked what was theirs before: asked of everybody, it takes three times as long.
        merged = Customer.objects.exclude(merged_into=None).filter(Exists(lately.filter(customer_id=OuterRef("pk"))))
        survivors = sorted({pk or 0 for pk in merged.values_list("merged_into", flat=True)})
        reached = Q(Exists(mine))
        if survivors:
            reached |= Q(Among("customer_id", survivors)) & Q(Exists(absorbed))
        few = [pk or 0 for pk in lately.values_list("customer_id", flat=True)[: FEW + 1]]
        return reached if len(few) > FEW else Q(Among("customer_id", sorted({*few, *survivors}))) & reached

    def _counted(self, rows: QuerySet[Enrolment]) -> dict[str, int]:
        return rows.aggregate(**{name: Count("pk", filter=group) for name, group in _GROUPS.items()})

    def _bought(self) -> dict[str, tuple[int, int]]:
        """Of each group, how many ordered, and for how much."""
        orders = orders_within(self.days, of=OuterRef("enrolled_at")).order_by().values("customer")
        total = orders.annotate(total=Sum("value_minor") - Sum("refunded_value_minor")).values("total")
        rows = self._everybody.filter(self._ordered).annotate(total=Subquery(total))
        revenue = {f"{name}_minor": Sum("total", filter=group) for name, group in _GROUPS.items()}
        found = rows.aggregate(**{name: Count("pk", filter=group) for name, group in _GROUPS.items()}, **revenue)
        return {name: (found[name], int(found[f"{name}_minor"] or 0)) for name in _GROUPS}


def lift_of(flow: Flow) -> FlowLift | None:
    """Nothing of a flow that never held anybody out."""
    versions = FlowVersion.objects.filter(flow=flow).order_by("-number")
    shares = versions.values_list("pk", "created_at", KT("definition__holdout_percent"))
    for percent, rows in groupby(shares, key=lambda row: int(row[2] or 0)):
        if percent:
            found = list(rows)
            return FlowLift(flow, _Trial(percent, found[-1][1], [pk for pk, _at, _percent in found]))
    return None
