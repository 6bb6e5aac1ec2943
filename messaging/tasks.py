from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from accounts.doorbells import answer, due_workspaces, heard, on_ring
from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.workspace_tasks import stepping_task, system_task
from messaging import actions
from messaging.actions import birthdays, readings, travelling, wishes
from messaging.actions.backfilling import backfill_flow, empty_archived_flows
from messaging.actions.campaigns import keep_campaigns
from messaging.actions.enrolling import QUEUE as FLOWS
from messaging.actions.flow_days import sweep_days
from messaging.actions.outcomes import DOUBTS
from messaging.actions.queueing import CAMPAIGNS, QUEUE
from messaging.inbound import collecting
from messaging.inbound.mailboxes import InboxUnavailable
from messaging.local_mornings import next_quarter
from messaging.queries import birthday_greeting
from messaging.queries.flows import next_flow_work_at
from messaging.queries.outbox import next_due_at
from messaging.sending.evidence import configured_log
from messaging.sending.reconciliation import reconcile
from messaging.sending.rounds import send_due

log = logging.getLogger(__name__)

# One reader of incoming mail at a time, and the next after so many seconds if it died.
READING, READING_SECONDS = "reading-incoming-mail", 120
# How long a queued round may be lost before another one is queued.
FORGET_AFTER = 30
# A log that could not answer yet may be able to later.
ASK_AGAIN = timedelta(minutes=2)
STRANGERS_AT_ONCE = 20


@stepping_task()
def send_messages(workspace: Workspace) -> None:
    """One round for the workspace; with more to do, its next round stands behind those of the others."""
    cache.delete(_queued(workspace))
    rings = heard(QUEUE, workspace)
    done = send_due(workspace, on_more=lambda: queue_round(workspace))
    with workspace_scope(workspace):
        due_at = next_due_at()
        if due_at is not None:
            due_at = max(due_at, timezone.now() + timedelta(seconds=done.wait))
        answer(QUEUE, workspace, rings=rings, next_due_at=due_at)


@system_task()
def find_due_messages() -> None:
    """The poll behind the hints: whatever they lost, this finds."""
    for workspace in due_workspaces(QUEUE):
        queue_round(workspace)


@stepping_task()
def settle_doubts(workspace: Workspace) -> None:
    """Ask the relay's log, if this installation can read it; else the command or a person will settle them."""
    rings = heard(DOUBTS, workspace)
    log = configured_log()
    left = reconcile(workspace, log).left if log else 0
    answer(DOUBTS, workspace, rings=rings, next_due_at=timezone.now() + ASK_AGAIN if left else None)


@system_task()
def find_doubts() -> None:
    for workspace in due_workspaces(DOUBTS):
        settle_doubts.apply_async(workspace=workspace)


def queue_round(workspace: Workspace) -> None:
    """At most one round of a workspace waits at a time, however many workers are at one already."""
    if cache.add(_queued(workspace), 1, timeout=FORGET_AFTER):
        send_messages.apply_async(workspace=workspace)


def _queued(workspace: Workspace) -> str:
    return f"sending-queued:{workspace.pk}"


@stepping_task()
def greet_birthdays(workspace: Workspace) -> None:
    """Queue whatever is due, in steps that each commit; look again at the next quarter while the greeting is on."""
    rings = heard(birthdays.QUEUE, workspace)
    now = timezone.now()
    greeted = birthdays.STEP
    while greeted == birthdays.STEP:
        with workspace_scope(workspace):
            greeted = actions.greet_birthdays(now=now, limit=birthdays.STEP)
    with workspace_scope(workspace):
        greeting = birthday_greeting()
        look_again_at = next_quarter(now) if greeting and greeting.is_on else None
        answer(birthdays.QUEUE, workspace, rings=rings, next_due_at=look_again_at)


@system_task()
def find_birthdays() -> None:
    """The poll behind the hints, and at every quarter of an hour: in every zone, hours begin at one."""
    for workspace in due_workspaces(birthdays.QUEUE):
        greet_birthdays.apply_async(workspace=workspace)


@stepping_task()
def forget_unconfirmed(workspace: Workspace) -> None:
    """In steps that each commit: an erasure takes a while."""
    forgotten = STRANGERS_AT_ONCE
    while forgotten == STRANGERS_AT_ONCE:
        with workspace_scope(workspace):
            forgotten = actions.forget_unconfirmed(now=timezone.now(), limit=STRANGERS_AT_ONCE)


@system_task()
def find_unconfirmed() -> None:
    for workspace in Workspace.objects.order_by("pk"):
        forget_unconfirmed.apply_async(workspace=workspace)


@stepping_task()
def end_pauses(workspace: Workspace) -> None:
    """Whose pause is over, in steps that each commit; look again when the next one is."""
    rings = heard(wishes.PAUSES, workspace)
    ended = wishes.STEP
    while ended == wishes.STEP:
        with workspace_scope(workspace):
            ended = actions.end_due_pauses(now=timezone.now(), limit=wishes.STEP)
    with workspace_scope(workspace):
        answer(wishes.PAUSES, workspace, rings=rings, next_due_at=wishes.next_end_of_pause())


@system_task()
def find_pauses() -> None:
    """Nobody rings at the moment when a pause is over."""
    for workspace in due_workspaces(wishes.PAUSES):
        end_pauses.apply_async(workspace=workspace)


@stepping_task()
def judge_traces(workspace: Workspace) -> None:
    """Who read and followed what, in steps that each commit."""
    rings = heard(readings.QUEUE, workspace)
    judged = readings.STEP
    while judged >= readings.STEP:
        with workspace_scope(workspace):
            judged = actions.judge_traces(now=timezone.now(), limit=readings.STEP)
    with workspace_scope(workspace):
        answer(readings.QUEUE, workspace, rings=rings, next_due_at=readings.next_judgement_at())


@system_task()
def find_traces() -> None:
    for workspace in due_workspaces(readings.QUEUE):
        judge_traces.apply_async(workspace=workspace)


@stepping_task()
def run_flows(workspace: Workspace) -> None:
    """Whose day it is enters, past customers are brought in, and whoever is due goes on: in steps that each commit."""
    rings = heard(FLOWS, workspace)
    now = timezone.now()
    for step in (sweep_days, backfill_flow, empty_archived_flows):
        has_more = True
        while has_more:
            with workspace_scope(workspace):
                has_more = step(now=now)
    advanced = travelling.AT_ONCE
    while advanced == travelling.AT_ONCE:
        with workspace_scope(workspace):
            advanced = travelling.advance_enrolments(now=now, limit=travelling.AT_ONCE)
    with workspace_scope(workspace):
        answer(FLOWS, workspace, rings=rings, next_due_at=next_flow_work_at(now=now))


@system_task()
def find_flows() -> None:
    """The poll behind the hints: whoever is due by now, and at every quarter of an hour whose day it is."""
    for workspace in due_workspaces(FLOWS):
        run_flows.apply_async(workspace=workspace)


@stepping_task()
def run_campaigns(workspace: Workspace) -> None:
    """All that campaigns do by themselves, but sending, which `send_messages` does."""
    rings = heard(CAMPAIGNS, workspace)
    answer(CAMPAIGNS, workspace, rings=rings, next_due_at=keep_campaigns(workspace))


@system_task()
def find_campaigns() -> None:
    for workspace in due_workspaces(CAMPAIGNS):
        run_campaigns.apply_async(workspace=workspace)


@stepping_task()
def take_in_mail(workspace: Workspace, keys: list[str]) -> None:
    collecting.take_in(workspace, keys)


@system_task()
def find_incoming_mail() -> None:
    """A mail whose worker died, or is slow, is found again after a while; taken in twice, it changes nothing."""
    if not settings.INBOUND_URL or not cache.add(READING, 1, timeout=READING_SECONDS):
        return
    try:
        for workspace, keys in collecting.sort_incoming().items():
            take_in_mail.apply_async(args=[keys], workspace=workspace)
    except InboxUnavailable as error:
        log.warning("the mailbox for incoming mail does not answer: %s", error)
    finally:
        cache.delete(READING)


on_ring(QUEUE, queue_round)
on_ring(FLOWS, lambda workspace: run_flows.apply_async(workspace=workspace))
on_ring(CAMPAIGNS, lambda workspace: run_campaigns.apply_async(workspace=workspace))
on_ring(birthdays.QUEUE, lambda workspace: greet_birthdays.apply_async(workspace=workspace))
