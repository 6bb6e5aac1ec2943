"""The steps of a version as a graph without circles: where each leads, and in which order they can be carried out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from messaging.flows.definitions import Definition, Do, Fault, Step, longest_stay
from messaging.flows.reading import definition_of
from messaging.models import Flow, FlowVersion

END = ""


@dataclass(frozen=True)
class Node:
    """A step, and the keys of those after it: `then` if what it asks holds, else `other`. Blank is the end."""

    key: str
    do: Do
    params: Mapping[str, Any]
    then: str
    other: str


@dataclass(frozen=True)
class Plan:
    """`order` has every step before those that it leads to."""

    definition: Definition
    nodes: Mapping[str, Node]
    order: tuple[str, ...]
    first: str

    def longest_way(self) -> timedelta:
        """How long somebody can be on the way, as far as its steps say."""
        after = {END: timedelta()}
        for key in reversed(self.order):
            node = self.nodes[key]
            after[key] = longest_stay(node.do, node.params) + max(after[node.then], after[node.other])
        return after[self.first]

    def sends_before(self, key: str) -> list[str]:
        """The steps that send, and from which one comes to `key`."""
        reach: dict[str, set[str]] = {}
        for each in reversed(self.order):
            node = self.nodes[each]
            after = {node.then, node.other} - {END}
            reach[each] = after.union(*(reach[one] for one in after))
        return [each for each in self.order if self.nodes[each].do is Do.SEND and key in reach[each]]


_plans: OrderedDict[int, tuple[object, Plan]] = OrderedDict()
_MOST_REMEMBERED = 500


def plan_of(version: FlowVersion) -> Plan:
    """Versions never change, so a process reads each once."""
    source, plan = _plans.get(version.pk, (None, None))
    if plan is None or source != version.definition:
        plan = planned(definition_of(version.definition))
        _plans[version.pk] = (version.definition, plan)
        if len(_plans) > _MOST_REMEMBERED:
            _plans.popitem(last=False)
    return plan


def greeting_flow() -> Flow | None:
    """One that is on and begins on birthdays: it and the birthday greeting are not on together."""
    flows = Flow.objects.on().exclude(current=None).select_related("current").order_by("pk")
    greets = (flow for flow in flows if flow.current and plan_of(flow.current).definition.trigger.date_of == "birthday")
    return next(greets, None)


def planned(definition: Definition) -> Plan:
    """Of a definition in which `graph_faults` found nothing."""
    nodes = {node.key: node for node in _nodes(definition.steps, after=END)}
    return Plan(definition, nodes, tuple(_ordered(nodes)), definition.steps[0].key)


def graph_faults(definition: Definition) -> list[Fault]:
    """Steps that lead nowhere, in a circle, or that nobody comes to."""
    nodes = {node.key: node for node in _nodes(definition.steps, after=END)}
    lost = [
        Fault(node.key, "step", _("There is no step “%(step)s” to go on at.") % {"step": node.then})
        for node in nodes.values()
        if node.then not in {END, *nodes}
    ]
    if lost or not definition.steps:
        return lost
    ordered = _ordered(nodes)
    circling = set(nodes) - set(ordered)
    jumps = [key for key in circling if nodes[key].do is Do.GO_TO] or sorted(circling)
    if circling:
        return [
            Fault(key, "step", _("From here one comes back to this step, again and again. Go on at a later step."))
            for key in jumps
        ]
    reached = _reached(nodes, definition.steps[0].key)
    return [
        Fault(key, "do", _("Nobody comes to this step: the one before it leads elsewhere."))
        for key in nodes
        if key not in reached
    ]


def _nodes(steps: Sequence[Step], *, after: str) -> Iterator[Node]:
    """`after` is where one comes behind the last of them."""
    for place, step in enumerate(steps):
        behind = steps[place + 1].key if place + 1 < len(steps) else after
        if step.do is Do.EXIT:
            yield Node(step.key, step.do, step.params, END, END)
        elif step.do is Do.GO_TO:
            yield Node(step.key, step.do, step.params, str(step.params["step"]), str(step.params["step"]))
        else:
            then = step.then[0].key if step.then else behind
            other = step.other[0].key if step.other else behind
            yield Node(step.key, step.do, step.params, then, other)
        yield from _nodes(step.then, after=behind)
        yield from _nodes(step.other, after=behind)


def _ordered(nodes: Mapping[str, Node]) -> list[str]:
    """Each before those it leads to; those on a circle, and behind one, are missing."""
    waiting = dict.fromkeys(nodes, 0)
    for node in nodes.values():
        for after in {node.then, node.other} - {END}:
            waiting[after] += 1
    free = [key for key, count in waiting.items() if count == 0]
    ordered = []
    while free:
        key = free.pop(0)
        ordered.append(key)
        for after in sorted({nodes[key].then, nodes[key].other} - {END}):
            waiting[after] -= 1
            if waiting[after] == 0:
                free.append(after)
    return ordered


def _reached(nodes: Mapping[str, Node], first: str) -> set[str]:
    reached, coming = set[str](), {first}
    while coming:
        reached |= coming
        coming = {after for key in coming for after in (nodes[key].then, nodes[key].other)} - reached - {END}
    return reached
