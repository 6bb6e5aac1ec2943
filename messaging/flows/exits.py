"""What ends a way before its end: looked for when it happens, and again whenever a message is about to leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from accounts.public_ids import decode_id
from accounts.scope import current_workspace_id
from customers.models import SegmentMembership
from customers.queries.filtering import Among
from customers.staging import fetch
from messaging.flows.definitions import ExitRule, Happening
from messaging.flows.endings import REASON_OF_ENDING, Ending
from messaging.flows.people import those_who
from messaging.flows.plans import Plan, plan_of
from messaging.models import Enrolment, EnrolmentState, FlowVersion, Message
from messaging.reasons import Reason


def endings_of(enrolments: Sequence[Enrolment], plan: Plan, *, now: datetime) -> dict[int, Ending]:
    """Which of these, all under one version, should have ended by now, and why. A goal wins over an exit rule.

    One query for each rule, whatever their number.
    """
    found: dict[int, Ending] = {}
    for rule in plan.definition.exits:
        left = [each for each in enrolments if each.pk not in found]
        found |= dict.fromkeys(_ended_by(rule, left, now=now), Ending.EXIT_RULE)
    if plan.definition.goal:
        found |= dict.fromkeys(_happened(plan.definition.goal.happening, enrolments), Ending.GOAL)
    return found


def refusals_of_flows(messages: Sequence[Message], *, now: datetime) -> dict[int, Reason]:
    """Why messages of flows must not leave any more, by their ids."""
    asked = {message.enrolment_id for message in messages if message.enrolment_id}
    if not asked:
        return {}
    by_version: dict[int, list[Enrolment]] = {}
    for enrolment in Enrolment.objects.filter(pk__in=asked).order_by("pk"):
        by_version.setdefault(enrolment.version_id, []).append(enrolment)
    reasons: dict[int, Reason] = {}
    versions = FlowVersion.objects.in_bulk(by_version)
    for version_id, enrolments in by_version.items():
        reasons |= {each.pk: _reason_of(each) for each in enrolments if _was_taken_out(each)}
        reasons |= {each.pk: Reason.GOAL_REACHED for each in enrolments if each.reason == Ending.GOAL}
        inside = [each for each in enrolments if each.pk not in reasons]
        ended = endings_of(inside, plan_of(versions[version_id]), now=now)
        reasons |= {pk: REASON_OF_ENDING[ending] for pk, ending in ended.items()}
    found = ((message.pk, reasons.get(message.enrolment_id or 0)) for message in messages)
    return {message_id: reason for message_id, reason in found if reason is not None}


def _was_taken_out(enrolment: Enrolment) -> bool:
    """Not by a step of the flow, which stands behind what it sent before."""
    return enrolment.state == EnrolmentState.EXITED and enrolment.reason != Ending.EXIT_STEP


def _reason_of(enrolment: Enrolment) -> Reason:
    return Reason.EXIT_RULE if enrolment.reason == Ending.EXIT_RULE else Reason.LEFT_FLOW


def _ended_by(rule: ExitRule, enrolments: Sequence[Enrolment], *, now: datetime) -> set[int]:
    if rule.happening:
        return _happened(rule.happening, enrolments)
    held = whom_it_fits(rule, {each.customer_id for each in enrolments}, now=now)
    return {each.pk for each in enrolments if each.customer_id in held}


def whom_it_fits(rule: ExitRule, customer_ids: set[int], *, now: datetime) -> set[int]:
    """Those whom a rule ends the way of that asks for no event, but for how they stand."""
    if rule.condition is not None:
        return those_who(rule.condition, customer_ids, now=now)
    segment = decode_id("seg", rule.left or rule.entered)
    memberships = SegmentMembership.objects.filter(Among("customer_id", sorted(customer_ids)), segment=segment)
    members = set(memberships.values_list("customer_id", flat=True))
    return members if rule.entered else customer_ids - members


def _happened(happening: Happening, enrolments: Sequence[Enrolment]) -> set[int]:
    """To whom it happened since they entered, told late or not; also what is on record of those merged into them."""
    if not enrolments:
        return set()
    workspace_id = current_workspace_id()
    rows = ((each.pk, each.customer_id, each.entered_at, each.context.get("event") or 0) for each in enrolments)
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {
        pk
        for (pk,) in fetch(
            """select inside.id
               from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[])
                      as inside(id, customer_id, entered_at, began_by)
               where exists (
                 select from timeline_event e
                 where e.workspace_id = %s and e.customer_id = inside.customer_id and e.occurred_at >= inside.entered_at
                   and e.kind = %s and e.id <> inside.began_by and e.payload @> %s::jsonb)
               or exists (
                 select from customers_customer c
                 join timeline_event e on e.workspace_id = c.workspace_id and e.customer_id = c.id
                 where c.workspace_id = %s and c.merged_into_id = inside.customer_id
                   and e.occurred_at >= inside.entered_at
                   and e.kind = %s and e.id <> inside.began_by and e.payload @> %s::jsonb)""",
            [*columns, *[workspace_id, happening.kind, json.dumps(dict(happening.where))] * 2],
        )
    }
