"""What a flow would do with one customer from some moment on: told step by step, and nothing is written.

Of the past, what really happened is known; of the future, that nothing will. What a branch asks of the customer is
answered by what is known today. Quiet hours and limits are those of today, with the places that messages have or had
taken by then, and those that this run's own would take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.public_ids import decode_id
from accounts.scope import current_workspace
from customers.models import Customer
from messaging.addresses import hash_address
from messaging.eligibility import kept_back
from messaging.flows.definitions import Do, Happening, length_of
from messaging.flows.endings import Ending, ending_in_words
from messaging.flows.entrants import is_held_out_of
from messaging.flows.exits import whom_it_fits
from messaging.flows.people import those_who
from messaging.flows.plans import END, Node, plan_of
from messaging.flows.steps import goes_first_way
from messaging.flows.waits import end_of_wait
from messaging.flows.words import StepWords, outcome_in_words, steps_in_words
from messaging.local_mornings import zone_or
from messaging.models import FlowVersion, Message, Priority, SubscriptionTopic, Template
from messaging.previewing import preview_text
from messaging.purposes import Purpose
from messaging.queries.templates import newest_version
from messaging.reasons import reason_in_words
from messaging.rendering import BadTemplate
from timeline.models import Event

MOST_DELAYS = 10
_OUTCOMES = {
    Do.TAG: "tagged",
    Do.UNTAG: "untagged",
    Do.UPDATE: "updated",
    Do.NOTIFY: "told",
    Do.EXIT: "exit",
}


@dataclass(frozen=True)
class DryStep:
    """`at` is when it would happen, `outcome` what; `refusal` why its message would not be sent, by what is known.

    `delays`: why its message would wait, each until when.
    """

    line: StepWords
    at: datetime
    outcome: str
    subject: str = ""
    refusal: str = ""
    delays: Sequence[tuple[str, datetime]] = ()


@dataclass(frozen=True)
class DryRun:
    """`ended` says why before all steps were done, if so; `refused` why they would not come in at all.

    Held out, they would come in, and none of the steps would happen; told they are anyway, for whom it is meant for.
    """

    steps: list[DryStep]
    refused: str = ""
    is_held_out: bool = False
    ended: str = ""
    ended_at: datetime | None = None


def dry_run(version: FlowVersion, customer: Customer, *, at: datetime) -> DryRun:
    plan = plan_of(version)
    if not those_who(plan.definition.filter, {customer.pk}, now=at):
        return DryRun([], refused=_("The entry filter does not fit this customer, as far as is known today."))
    walk = _Walk(version, customer, at)
    is_held_out = is_held_out_of(version.flow_id, customer.pk, plan.definition)
    return DryRun(list(walk.steps()), is_held_out=is_held_out, ended=walk.ended, ended_at=walk.ended_at)


class _Walk:
    def __init__(self, version: FlowVersion, customer: Customer, at: datetime) -> None:
        self._plan = plan_of(version)
        self._flow_id = version.flow_id
        self._customer = customer
        self._entered_at = at
        self._lines = {line.key: line for line in steps_in_words(version)}
        self._zone = zone_or(customer.zone, current_workspace().tzinfo)
        self._left_at: list[datetime] = []
        self.ended, self.ended_at = "", at

    def steps(self) -> Iterator[DryStep]:
        key, at = self._plan.first, self._entered_at
        if self._is_out_of_place(at):
            self.ended = ending_in_words(Ending.EXIT_RULE)
            return
        while key != END:
            node = self._plan.nodes[key]
            key, at, step = self._step(node, at)
            if self._has_ended(at):
                return
            if step:
                yield step

    def _has_ended(self, until: datetime) -> bool:
        """Whether history has something by then that ends the way, or reached its goal."""
        if ending := self._ending(until):
            self.ended_at, self.ended = ending
        return ending is not None

    def _ending(self, until: datetime) -> tuple[datetime, str] | None:
        rules = [rule.happening for rule in self._plan.definition.exits if rule.happening]
        goal = self._plan.definition.goal
        words = [(each, ending_in_words(Ending.EXIT_RULE)) for each in rules]
        words += [(goal.happening, ending_in_words(Ending.GOAL))] if goal else []
        found = ((self._first(each, self._entered_at, until), text) for each, text in words)
        return min(((event.occurred_at, text) for event, text in found if event), default=None)

    def _is_out_of_place(self, at: datetime) -> bool:
        """Whether an exit rule holds by how they stand. Whom a segment brings in is in it, whether they are today."""
        begins = self._plan.definition.trigger.segment
        asked = [rule for rule in self._plan.definition.exits if not rule.happening and (rule.left or None) != begins]
        return any(whom_it_fits(rule, {self._customer.pk}, now=at) for rule in asked)

    def _first(self, happening: Happening, since: datetime, until: datetime) -> Event | None:
        events = Event.objects.filter(
            customer_id=self._customer.pk,
            kind=happening.kind,
            occurred_at__gt=since,
            occurred_at__lte=until,
            payload__contains=dict(happening.where),
        )
        return events.order_by("occurred_at").first()

    def _step(self, node: Node, at: datetime) -> tuple[str, datetime, DryStep | None]:
        """Where one goes from here, when, and what there is to tell."""
        match node.do:
            case Do.WAIT:
                until = end_of_wait(node.params, at, self._zone)
                return node.then, until, self._told(node, until, "waited")
            case Do.WAIT_FOR:
                return self._wait_for(node, at)
            case Do.BRANCH | Do.SPLIT:
                is_yes, outcome = self._asked(node, at)
                return node.then if is_yes else node.other, at, self._told(node, at, outcome)
            case Do.SEND:
                return node.then, at, self._sent(node, at)
            case _:
                told = self._told(node, at, _OUTCOMES[node.do]) if node.do in _OUTCOMES else None
                return node.then, at, told

    def _wait_for(self, node: Node, at: datetime) -> tuple[str, datetime, DryStep | None]:
        until = at + length_of(node.params)
        happening = Happening(str(node.params["event"]), dict(node.params.get("where") or {}))
        if event := self._first(happening, at - timedelta(microseconds=1), until):
            return node.then, event.occurred_at, self._told(node, event.occurred_at, "happened")
        return node.other, until, self._told(node, until, "timed_out")

    def _asked(self, node: Node, at: datetime) -> tuple[bool, str]:
        if node.do is Do.SPLIT:
            is_first = goes_first_way(self._customer.pk, self._flow_id, node.key, node.params["percent"])
            return is_first, "first" if is_first else "second"
        is_yes = "if" in node.params and bool(those_who(node.params["if"], {self._customer.pk}, now=at))
        return is_yes, "yes" if is_yes else "no"

    def _sent(self, node: Node, at: datetime) -> DryStep:
        template = Template.objects.get(pk=decode_id("tpl", node.params["template"]) or 0)
        topic = SubscriptionTopic.objects.get(key=node.params["topic"])
        version = newest_version(template)
        if version is None:
            return self._told(node, at, "queued")
        message = Message(
            pk=0,
            customer=self._customer,
            topic=topic,
            template_version=version,
            purpose=Purpose.FLOW,
            address=self._customer.email,
            address_hash=hash_address(self._customer.email),
            not_before=at,
            priority=Priority.AUTOMATION,
            created_at=timezone.now(),
        )
        refusal, delays = self._leaving(message, at)
        try:
            subject = preview_text(
                version.subject, version.body, template_key=template.key, customer=self._customer
            ).subject
        except BadTemplate as error:
            return self._told(node, at, "queued", refusal=str(error))
        return self._told(node, at, "queued", subject=subject, refusal=refusal, delays=delays)

    def _leaving(self, message: Message, at: datetime) -> tuple[str, list[tuple[str, datetime]]]:
        """Why it would never leave, if so, and what it would wait for before. Looked at again after each wait."""
        delays: list[tuple[str, datetime]] = []
        for _look in range(MOST_DELAYS):
            if self._is_out_of_place(at):
                return ending_in_words(Ending.EXIT_RULE), delays
            hold = kept_back([message], at=at, earlier=self._left_at).get(0)
            if hold is None:
                self._left_at.append(at)
                return "", delays
            if hold.until is None:
                return reason_in_words(hold.reason), delays
            delays.append((reason_in_words(hold.reason), hold.until))
            at = hold.until
            if ending := self._ending(at):
                return ending[1], delays
        return "", delays

    def _told(  # noqa: PLR0913  all are named
        self,
        node: Node,
        at: datetime,
        outcome: str,
        *,
        subject: str = "",
        refusal: str = "",
        delays: Sequence[tuple[str, datetime]] = (),
    ) -> DryStep:
        words = "" if outcome == "queued" else outcome_in_words(outcome)
        return DryStep(self._lines[node.key], at, words, subject, refusal, delays)
