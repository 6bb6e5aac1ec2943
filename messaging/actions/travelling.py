"""Moving people on: whoever is due, those at one step of one version together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
from django.db import transaction

from accounts.scope import current_workspace_id
from customers.staging import execute, mixed
from messaging.events import FlowCompleted, FlowExited
from messaging.flows.endings import DONE, Ending, state_after
from messaging.flows.plans import plan_of
from messaging.flows.steps import run_step
from messaging.flows.travellers import Party, Traveller, traveller_of
from messaging.models import Enrolment, EnrolmentState, FlowVersion
from timeline.drain import is_the_databases
from timeline.recording import record_many
from timeline.registry import EventBody

log = logging.getLogger(__name__)

AT_ONCE = 1000
ATTEMPTS = 5
TRY_AGAIN = timedelta(minutes=1)

_json = msgspec.json.Encoder()


@transaction.atomic
def advance_enrolments(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Move on those who are due, at most `limit` of them. Returns how many: fewer, if that was all.

    Whoever a step fails for is set back, tried five times, and then stuck; nobody else waits for them.
    """
    due = _claim(now, limit)
    versions = FlowVersion.objects.select_related("flow").in_bulk({each.version_id for each in due})
    for version_id, group in groupby(sorted(due, key=lambda each: (each.version_id, each.pk)), lambda e: e.version_id):
        _advance(versions[version_id], list(group), now)
    return len(due)


def _claim(now: datetime, limit: int) -> list[Enrolment]:
    """The longest waiting first. Nobody else gets the same. Their trails are only added to."""
    due = Enrolment.objects.waiting().filter(due_at__lte=now).order_by("due_at", "pk").defer("trail")
    return list(due.select_for_update(skip_locked=True)[:limit])


def _advance(version: FlowVersion, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """In a savepoint; a group that fails is halved until the culprit is alone."""
    try:
        with transaction.atomic():
            _journey(version, enrolments, now)
    except Exception as error:
        if is_the_databases(error):
            raise
        if len(enrolments) == 1:
            _set_back(enrolments[0], error, now)
            return
        middle = len(enrolments) // 2
        _advance(version, enrolments[:middle], now)
        _advance(version, enrolments[middle:], now)


def _journey(version: FlowVersion, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """Step by step in the plan's order, so that nobody comes to a step after it was carried out."""
    plan = plan_of(version)
    travellers = [traveller_of(each, plan) for each in enrolments]
    party = Party(plan, version.flow_id, version.flow.name, now, travellers)
    for key in plan.order:
        run_step(plan.nodes[key], party)
    _save(travellers, now)
    record_many(_told(each.enrolment, each.ending) for each in travellers if each.ending)


def _save(travellers: Sequence[Traveller], now: datetime) -> None:
    """Where each of them stands now, in one statement."""
    states = [state_after(each.ending) if each.ending else EnrolmentState.WAITING for each in travellers]
    execute(
        """update messaging_enrolment e
           set state = went.state, step = went.step, arrived_at = went.arrived_at, due_at = went.due_at,
               awaits = went.awaits, reason = went.reason, trail = e.trail || went.trail, has_happened = false,
               attempts = 0, error = '', ended_at = case when went.state <> 'waiting' then %s end
           from unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
                       %s::text[], %s::jsonb[])
                  as went(id, state, step, arrived_at, due_at, awaits, reason, trail)
           where e.workspace_id = %s and e.id = went.id""",
        [
            now,
            *(
                mixed(column)
                for column in (
                    [each.pk for each in travellers],
                    [state.value for state in states],
                    [each.step for each in travellers],
                    [each.arrived_at for each in travellers],
                    [each.due_at for each in travellers],
                    [each.awaits for each in travellers],
                    [each.ending.value if each.ending else "" for each in travellers],
                    [_json.encode(each.trail).decode() for each in travellers],
                )
            ),
            current_workspace_id(),
        ],
    )


def _set_back(enrolment: Enrolment, error: Exception, now: datetime) -> None:
    log.warning("enrolment %s could not go on: %r", enrolment.pk, error)
    enrolment.attempts += 1
    enrolment.error = f"{type(error).__name__}: {error}"[:500]
    if enrolment.attempts >= ATTEMPTS:
        enrolment.state, enrolment.due_at = EnrolmentState.STUCK, None
    else:
        enrolment.due_at = now + TRY_AGAIN * 2**enrolment.attempts
    enrolment.save(update_fields=["attempts", "error", "state", "due_at"])


def _told(enrolment: Enrolment, ending: Ending) -> EventBody:
    kind = FlowCompleted if ending in DONE else FlowExited
    return kind(
        customer_id=enrolment.customer_id, flow_id=enrolment.flow_id, enrolment_id=enrolment.pk, reason=ending.value
    )
