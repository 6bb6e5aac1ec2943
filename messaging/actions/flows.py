from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.doorbells import ring
from accounts.models import User
from customers.normalising import clean_line
from customers.refusals import ValueRefused
from messaging.actions.enrolling import QUEUE, enrol
from messaging.actions.leaving import IS_RUNNING, end_enrolments
from messaging.events import (
    FlowAdded,
    FlowArchived,
    FlowBackfilled,
    FlowChanged,
    FlowRenamed,
    FlowSwitchedOff,
    FlowSwitchedOn,
)
from messaging.flows.checking import checked
from messaging.flows.definitions import FlowRefused
from messaging.flows.endings import Ending
from messaging.flows.entrants import Entrant
from messaging.flows.plans import plan_of
from messaging.models import BirthdayGreeting, Enrolment, EnrolmentState, Flow, FlowState, FlowVersion
from messaging.refusals import FlowChangedMeanwhile, FlowNameTaken, FlowNotReady, GreetedOtherwise
from timeline.recording import record

# Out of a flow in one transaction; what is more goes on in the next.
LEAVE_AT_ONCE = 2000
LONGEST_BACKFILL = 730
"""Days."""


@transaction.atomic
def add_flow(*, name: str, definition: Any, preset: str = "", written_by: User | None = None) -> Flow:
    """A draft. Raises ValueRefused, FlowNameTaken, and FlowRefused with all that is wrong in the definition."""
    checked(definition)
    flow = Flow(name=_clean_name(name), preset=preset)
    _save(flow)
    flow.current = FlowVersion.objects.create(flow=flow, number=1, definition=definition, written_by=written_by)
    flow.save(update_fields=["current"])
    record(FlowAdded(customer_id=None, flow_id=flow.pk))
    return flow


@transaction.atomic
def change_flow(
    flow: Flow, *, name: str, definition: Any, based_on: int | None = None, written_by: User | None = None
) -> Flow:
    """A new version, for those who enter from now on; the same words again change nothing.

    `based_on` is the number of the version that the change was made to. Raises FlowChangedMeanwhile if that is not the
    newest any more, FlowNotReady of one that is archived, and what `add_flow` raises.
    """
    flow = _locked(flow)
    if flow.archived_at:
        raise FlowNotReady(_("This flow is archived."))
    newest = flow.current.number if flow.current else 0
    if based_on is not None and based_on != newest:
        raise FlowChangedMeanwhile(newest)
    checked(definition)
    if (name := _clean_name(name)) != flow.name:
        flow.name = name
        _save(flow)
        record(FlowRenamed(customer_id=None, flow_id=flow.pk))
    if flow.current is None or flow.current.definition != definition:
        flow.current = FlowVersion.objects.create(
            flow=flow, number=newest + 1, definition=definition, written_by=written_by
        )
        flow.save(update_fields=["current"])
        record(FlowChanged(customer_id=None, flow_id=flow.pk, number=newest + 1))
        ring(QUEUE)
    return flow


@transaction.atomic
def switch_on_flow(flow: Flow) -> Flow:
    """From now on. Twice is once. Raises FlowNotReady where something that it needs is gone, and GreetedOtherwise."""
    flow = _locked(flow)
    if flow.is_on:
        return flow
    if flow.current is None or flow.archived_at:
        raise FlowNotReady(_("This flow is archived."))
    try:
        definition = checked(flow.current.definition)
    except FlowRefused as refused:
        raise FlowNotReady(
            _("Something that this flow needs is missing. Edit it first: %(what)s")
            % {"what": refused.faults[0].message}
        ) from refused
    if definition.trigger.date_of == "birthday" and BirthdayGreeting.objects.filter(is_on=True).exists():
        raise GreetedOtherwise
    flow.state, flow.switched_on_at = FlowState.ON, timezone.now()
    flow.save(update_fields=["state", "switched_on_at"])
    record(FlowSwitchedOn(customer_id=None, flow_id=flow.pk))
    ring(QUEUE)
    return flow


@transaction.atomic
def switch_off_flow(flow: Flow, *, is_left: bool) -> Flow:
    """Nobody enters any more. `is_left`: those on the way leave as well, else they go on to their end."""
    flow = _locked(flow)
    if flow.state == FlowState.ON:
        flow.state, flow.backfill_after = FlowState.OFF, None
        flow.save(update_fields=["state", "backfill_after"])
        record(FlowSwitchedOff(customer_id=None, flow_id=flow.pk, is_left=is_left))
    if is_left:
        empty_flow(flow)
    return flow


@transaction.atomic
def empty_flow(flow: Flow, *, limit: int = LEAVE_AT_ONCE) -> int:
    """Take out those who are on the way, at most `limit`; with more, the worker goes on. Returns how many."""
    inside = Enrolment.objects.filter(IS_RUNNING, flow=flow).order_by("pk")
    ids = list(inside.values_list("pk", flat=True)[:limit])
    end_enrolments(dict.fromkeys(ids, Ending.SWITCHED_OFF))
    if len(ids) == limit:
        ring(QUEUE)
    return len(ids)


@transaction.atomic
def archive_flow(flow: Flow) -> Flow:
    """Put away; whoever is on the way leaves. Archiving twice changes nothing."""
    flow = _locked(flow)
    if flow.archived_at is None:
        flow.state, flow.archived_at, flow.backfill_after = FlowState.OFF, timezone.now(), None
        flow.save(update_fields=["state", "archived_at", "backfill_after"])
        record(FlowArchived(customer_id=None, flow_id=flow.pk))
        empty_flow(flow)
    return flow


@transaction.atomic
def enrol_by_hand(flow: Flow, customer_ids: list[int], *, now: datetime | None = None) -> list[Enrolment]:
    """Bring in customers who fit its filter and whom its policy lets in. Raises FlowNotReady while it is not on."""
    flow = _locked(flow)
    if not flow.is_on:
        raise FlowNotReady(_("Switch the flow on first; then it can be entered."))
    moment = now or timezone.now()
    entrants = [Entrant(pk, moment, f"hand:{int(moment.timestamp() * 1_000_000)}") for pk in customer_ids]
    return enrol(flow, entrants, now=moment)


@transaction.atomic
def start_backfill(flow: Flow, *, days: int) -> Flow:
    """Bring in, in the worker, those for whom it would have begun within the last `days`. Raises FlowNotReady."""
    flow = _locked(flow)
    if not flow.is_on:
        raise FlowNotReady(_("Switch the flow on first; then past customers can be brought in."))
    if flow.current and plan_of(flow.current).definition.trigger.is_dated:
        raise FlowNotReady(_("This flow begins on a day: whose day it is enters by itself."))
    if flow.backfill_after is None:
        flow.backfill_after, flow.backfill_days, flow.backfilled = 0, min(max(days, 1), LONGEST_BACKFILL), 0
        flow.save(update_fields=["backfill_after", "backfill_days", "backfilled"])
        record(FlowBackfilled(customer_id=None, flow_id=flow.pk, days=flow.backfill_days))
        ring(QUEUE)
    return flow


@transaction.atomic
def leave_flow(enrolment: Enrolment) -> bool:
    """Somebody takes a customer out. Returns whether they were on the way."""
    return end_enrolments({enrolment.pk: Ending.BY_HAND}) == 1


@transaction.atomic
def try_step_again(enrolment: Enrolment) -> Enrolment:
    """One that was stuck is due again. Twice is once."""
    enrolment = Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)
    if enrolment.state == EnrolmentState.STUCK:
        enrolment.state, enrolment.due_at, enrolment.attempts = EnrolmentState.WAITING, timezone.now(), 0
        enrolment.save(update_fields=["state", "due_at", "attempts"])
        ring(QUEUE)
    return enrolment


def _locked(flow: Flow) -> Flow:
    return Flow.objects.select_for_update(of=("self",)).select_related("current").get(pk=flow.pk)


def _clean_name(name: str) -> str:
    name = clean_line(name, field="name", longest=120)
    if not name:
        raise ValueRefused(_("Give it a name."), field="name")
    return name


def _save(flow: Flow) -> None:
    """Raises FlowNameTaken where another has the name."""
    try:
        with transaction.atomic():
            flow.save()
    except IntegrityError as error:
        raise FlowNameTaken(flow.name) from error
