"""Into a flow: whoever may, each as often as the flow's policy lets them, by constraint and never by a look first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.doorbells import ring
from accounts.scope import current_workspace, current_workspace_id
from customers.staging import bigints, fetch, texts
from messaging.actions.leaving import end_enrolments
from messaging.events import FlowEntered, FlowHeldOut
from messaging.flows.definitions import Do, Policy, length_of
from messaging.flows.entrants import Entrant, is_held_out_of, latest_of_each
from messaging.flows.exits import endings_of
from messaging.flows.people import current_ids, those_who, zones_of
from messaging.flows.plans import Plan, plan_of
from messaging.flows.waits import end_of_wait, is_local
from messaging.models import Enrolment, Flow, FlowVersion
from timeline.recording import record_many
from timeline.registry import EventBody

QUEUE = "flows"
# Nobody has the same day twice in less, unless the date was edited.
ONCE_A_YEAR_IN = timedelta(days=300)
_OnTheWay = dict[tuple[int, str], Enrolment]


@transaction.atomic
def enrol(flow: Flow, entrants: Iterable[Entrant], *, now: datetime) -> list[Enrolment]:
    """Bring in those of the entrants who may enter, in some statements over all. Returns the new enrolments.

    Whoever fits the entry filter, is not on the same way already, and is let in by the policy. Who is on the way
    already begins their wait anew, where the flow says so. Some of the new are held out: nothing ever happens to them.
    """
    version = flow.current
    if version is None:
        return []
    plan = plan_of(version)
    reentry = plan.definition.reentry
    fit = latest_of_each(_fitting(plan, list(entrants), now=now), reentry)
    running = _running(flow, fit)
    again = [each for each in fit if (each.customer_id, each.subject(reentry)) in running]
    fresh = [each for each in fit if (each.customer_id, each.subject(reentry)) not in running]
    if reentry.restarts:
        _begin_waits_anew(plan, again, running, now=now)
    fresh = _past_the_gate(flow, plan, fresh)
    enrolled = _insert(flow, version, plan, fresh, now=now)
    record_many(_told(each) for each in enrolled)
    if entered := [each for each in enrolled if each.is_on_the_way]:
        # What ends the flow may have been told before what begins it.
        end_enrolments(endings_of(entered, plan, now=now), at=now)
        ring(QUEUE, due_at=min(each.due_at for each in entered if each.due_at))
    return enrolled


def _told(enrolment: Enrolment) -> EventBody:
    kind = FlowEntered if enrolment.is_on_the_way else FlowHeldOut
    return kind(customer_id=enrolment.customer_id, flow_id=enrolment.flow_id, enrolment_id=enrolment.pk)


def _fitting(plan: Plan, entrants: Sequence[Entrant], *, now: datetime) -> list[Entrant]:
    meant = current_ids(each.customer_id for each in entrants)
    fit = those_who(plan.definition.filter, set(meant.values()), now=now)
    return [
        Entrant(meant[each.customer_id], each.at, each.thing, each.year, each.context)
        for each in entrants
        if meant.get(each.customer_id) in fit
    ]


def _running(flow: Flow, entrants: Sequence[Entrant]) -> _OnTheWay:
    waiting = Enrolment.objects.waiting().filter(flow=flow, customer__in={each.customer_id for each in entrants})
    return {(each.customer_id, each.subject): each for each in waiting}


def _begin_waits_anew(plan: Plan, entrants: Sequence[Entrant], running: _OnTheWay, *, now: datetime) -> None:
    """Their present wait, under the version that they are on; never earlier than it would have ended anyway."""
    later: list[Enrolment] = []
    versions = FlowVersion.objects.in_bulk({each.version_id for each in running.values()})
    zones = zones_of({each.customer_id for each in entrants})
    for each in entrants:
        enrolment = running[each.customer_id, each.subject(plan.definition.reentry)]
        node = plan_of(versions[enrolment.version_id]).nodes[enrolment.step]
        if node.do is not Do.WAIT or each.at <= enrolment.arrived_at:
            continue
        zone = zones.get(each.customer_id, current_workspace().tzinfo)
        enrolment.arrived_at = each.at
        enrolment.due_at = end_of_wait(node.params, each.at, zone)
        later.append(enrolment)
    if later:
        Enrolment.objects.bulk_update(later, ["arrived_at", "due_at"], batch_size=1000)
        ring(QUEUE, due_at=min(each.due_at for each in later if each.due_at))


def _past_the_gate(flow: Flow, plan: Plan, entrants: Sequence[Entrant]) -> list[Entrant]:
    """Those whose last entrance lies far enough back: claimed by one upsert, so of two at once only one passes."""
    reentry = plan.definition.reentry
    if reentry.policy not in (Policy.COOLDOWN, Policy.YEARLY):
        return list(entrants)
    pause = timedelta(days=reentry.days) if reentry.policy is Policy.COOLDOWN else ONCE_A_YEAR_IN
    first: dict[int, Entrant] = {}
    for each in entrants:
        first.setdefault(each.customer_id, each)
    ordered = [first[customer_id] for customer_id in sorted(first)]
    passed = fetch(
        """insert into messaging_flowentrance (workspace_id, flow_id, customer_id, entered_at)
           select %s, %s, asking.customer_id, asking.at
           from unnest(%s::bigint[], %s::timestamptz[]) as asking(customer_id, at)
           on conflict (workspace_id, flow_id, customer_id) do update set entered_at = excluded.entered_at
             where messaging_flowentrance.entered_at <= excluded.entered_at - %s
           returning customer_id""",
        [current_workspace_id(), flow.pk, [e.customer_id for e in ordered], [e.at for e in ordered], pause],
    )
    return [first[customer_id] for (customer_id,) in sorted(passed)]


def _insert(
    flow: Flow, version: FlowVersion, plan: Plan, entrants: Sequence[Entrant], *, now: datetime
) -> list[Enrolment]:
    """The unique keys settle who is in already: whoever conflicts is left out."""
    if not entrants:
        return []
    reentry, node = plan.definition.reentry, plan.nodes[plan.first]
    awaits = str(node.params["event"]) if node.do is Do.WAIT_FOR else ""
    held_out = [is_held_out_of(flow.pk, each.customer_id, plan.definition) for each in entrants]
    return list(
        Enrolment.objects.raw(
            """insert into messaging_enrolment
                 (workspace_id, flow_id, version_id, customer_id, entry_key, subject, state, step, arrived_at, due_at,
                  awaits, has_happened, context, trail, reason, error, attempts, entered_at, enrolled_at, ended_at)
               select %s, %s, %s, entrant.customer_id, entrant.entry_key, entrant.subject,
                      case when held_out then 'held_out' else 'waiting' end, case when held_out then '' else %s end,
                      entrant.at, case when not held_out then entrant.due_at end,
                      case when held_out then '' else %s end, false, entrant.context, '[]',
                      case when held_out then 'held_out' else '' end, '', 0, entrant.at, %s,
                      case when held_out then %s::timestamptz end
               from unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::jsonb[],
                           %s::boolean[]) as entrant(customer_id, entry_key, subject, at, due_at, context, held_out)
               on conflict do nothing returning *""",
            [
                *(current_workspace_id(), flow.pk, version.pk, plan.first, awaits, now, now),
                bigints(each.customer_id for each in entrants),
                texts(each.entry_key(reentry) for each in entrants),
                texts(each.subject(reentry) for each in entrants),
                [each.at for each in entrants],
                _first_due(plan, entrants),
                [json.dumps(dict(each.context)) for each in entrants],
                held_out,
            ],
        )
    )


def _first_due(plan: Plan, entrants: Sequence[Entrant]) -> list[datetime]:
    node = plan.nodes[plan.first]
    if node.do is Do.WAIT_FOR:
        return [each.at + length_of(node.params) for each in entrants]
    if node.do is not Do.WAIT:
        return [each.at for each in entrants]
    zones = zones_of({each.customer_id for each in entrants}) if is_local(node.params) else {}
    home = current_workspace().tzinfo
    return [end_of_wait(node.params, each.at, zones.get(each.customer_id, home)) for each in entrants]
