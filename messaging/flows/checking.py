"""Whether what a flow names is there: all that is missing is told at once, each at its step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.public_ids import decode_id
from accounts.scope import current_workspace
from customers.models import Attribute, Segment
from customers.models.attributes import AttributeKind
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused
from customers.segments.definitions import definition_of as rule_of
from messaging.flows.definitions import YEARLY_DATES, Definition, Do, Fault, FlowRefused, Happening, On, Step
from messaging.flows.plans import graph_faults, planned
from messaging.flows.profile_fields import fault_of_change
from messaging.flows.reading import definition_of
from messaging.models import SubscriptionTopic, Template
from timeline.registry import event_classes


def checked(raw: object) -> Definition:
    """The definition, if everything in it can be carried out in this workspace. Raises FlowRefused."""
    definition = definition_of(raw)
    faults = [*graph_faults(definition), *_faults(definition)]
    faults += [] if faults else _message_faults(definition)
    if faults:
        raise FlowRefused(faults)
    return definition


def startable_kinds() -> set[str]:
    """Kinds of events that a flow can begin with, wait for, or end by: not those that flows themselves tell."""
    return {each.kind for each in event_classes() if not each.kind.startswith("Flow")}


def _faults(definition: Definition) -> Iterator[Fault]:
    yield from _trigger_faults(definition)
    yield from _rule_faults("", "filter", definition.filter)
    for place, rule in enumerate(definition.exits):
        part = f"exits[{place}]"
        if rule.happening:
            yield from _kind_faults("", part, rule.happening)
        for name in (rule.left, rule.entered):
            yield from _segment_faults(part, name) if name else ()
        yield from _rule_faults("", part, rule.condition)
    if definition.goal:
        yield from _kind_faults("", "goal", definition.goal.happening)
    for step in definition.all_steps():
        if check := _CHECKS.get(step.do):
            yield from check(step)


def _message_faults(definition: Definition) -> list[Fault]:
    """A branch asks what became of a message that was sent before it."""
    plan = planned(definition)
    faults = []
    for node in plan.nodes.values():
        if node.do is Do.BRANCH and "message" in node.params:
            sends, asked = plan.sends_before(node.key), node.params["message"].get("step")
            if not sends or (asked and asked not in sends):
                faults.append(Fault(node.key, "message", _("No message was sent before this step.")))
    return faults


def _trigger_faults(definition: Definition) -> Iterator[Fault]:
    trigger = definition.trigger
    if trigger.happening:
        yield from _kind_faults("", "trigger", trigger.happening)
    if trigger.on is On.SEGMENT:
        yield from _segment_faults("trigger", trigger.segment)
    if trigger.on is On.DATE and trigger.date_of not in YEARLY_DATES and not _is_date(trigger.date_of):
        yield Fault("", "trigger", _("Choose the birthday, the anniversary, or an attribute that holds a date."))


def _is_date(name: str) -> bool:
    key = name.removeprefix("attribute.")
    dates = Attribute.objects.filter(key=key, kind=AttributeKind.DAY, archived_at=None)
    return name.startswith("attribute.") and dates.exists()


def _kind_faults(step: str, part: str, happening: Happening) -> Iterator[Fault]:
    if happening.kind not in startable_kinds():
        yield Fault(step, part, _("“%(kind)s” is no event that a flow can hear of.") % {"kind": happening.kind[:60]})


def _segment_faults(part: str, name: str) -> Iterator[Fault]:
    if not Segment.objects.in_use().filter(pk=decode_id("seg", name) or 0).exists():
        yield Fault("", part, _("This segment is not there. It may have been archived."))


def _rule_faults(step: str, part: str, rule: Mapping[str, Any] | None) -> Iterator[Fault]:
    if rule is None:
        return
    try:
        Understood(rule_of(dict(rule)))
    except DefinitionRefused as refused:
        yield Fault(step, part, _("%(path)s: %(what)s") % {"path": refused.path or "rules", "what": refused})


def _send(step: Step) -> Iterator[Fault]:
    template = Template.objects.in_use().filter(pk=decode_id("tpl", step.params["template"]) or 0, key="")
    if not template.exists():
        yield Fault(step.key, "template", _("This text is not there. It may have been archived."))
    if not SubscriptionTopic.objects.in_use().filter(key=step.params["topic"]).exists():
        yield Fault(step.key, "topic", _("This topic is not there. It may have been archived."))


def _branch(step: Step) -> Iterator[Fault]:
    yield from _rule_faults(step.key, "if", step.params.get("if"))


def _wait_for(step: Step) -> Iterator[Fault]:
    yield from _kind_faults(step.key, "event", Happening(str(step.params["event"])))


def _update(step: Step) -> Iterator[Fault]:
    if fault := fault_of_change(step.params):
        yield Fault(step.key, "value", fault)


def _notify(step: Step) -> Iterator[Fault]:
    members = Membership.objects.filter(workspace=current_workspace(), user__email__iexact=step.params["member"])
    if not members.exists():
        yield Fault(step.key, "member", _("Nobody in this workspace has this address."))


_CHECKS: Mapping[Do, Callable[[Step], Iterator[Fault]]] = {
    Do.SEND: _send,
    Do.BRANCH: _branch,
    Do.WAIT_FOR: _wait_for,
    Do.UPDATE: _update,
    Do.NOTIFY: _notify,
}
