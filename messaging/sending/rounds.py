"""One round of sending for one workspace: claim what is due, look at it, ship it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.claiming import claim_messages, expire_leases, new_token, release_messages
from messaging.actions.outcomes import Outcome, advance_messages
from messaging.models import Message, MessageState
from messaging.queries.allowance import allowance_of
from messaging.rendering import Renderer
from messaging.sending import pace
from messaging.sending.lines import lines_to
from messaging.sending.preparation import Allowed, Batch, Desk, look_at
from messaging.sending.relays import Relay
from messaging.sending.shipments import Shipment
from messaging.sending.verdicts import Verdicts, domain_of

ROUND_SECONDS = 10  # after that the next workspace has its turn
NO_RELAY_SECONDS = 60
NO_DATABASE_SECONDS = 2.0
LIMITED_SECONDS = 60.0  # then it is looked whether the workspace's limit was raised
RELAY = "relay"

_renderer = Renderer()


@dataclass(frozen=True)
class Round:
    """`wait`: seconds before which another round would find nothing that it may send."""

    claimed: int = 0
    sent: int = 0
    wait: float = 0.0


def send_due(workspace: Workspace, *, on_more: Callable[[], object] = lambda: None) -> Round:
    """Send what is due, at most MESSAGE_CHUNK messages. `on_more` is called as soon as there is likely to be more."""
    with workspace_scope(workspace):
        expire_leases()
        allowance = allowance_of(workspace)
    relay = Relay.from_url(settings.EMAIL_URL)
    if relay is None:
        return Round(wait=NO_RELAY_SECONDS)
    if wait := pace.paused_for(RELAY):
        return Round(wait=wait)
    # Before the relay's pace is asked: a workspace that may not send must not use up what others may.
    if allowance and not allowance.left:
        return Round(wait=min(allowance.wait, LIMITED_SECONDS))
    wanted = min(settings.MESSAGE_CHUNK, allowance.left if allowance else settings.MESSAGE_CHUNK)
    taken_at = time.time()
    limit = pace.take(RELAY, min(wanted, settings.SMTP_RATE or wanted), rate=settings.SMTP_RATE)
    if limit == 0:
        return Round(wait=1.0)
    token = new_token()
    until = time.monotonic() + ROUND_SECONDS
    try:
        messages, batch = _claimed(workspace, token, limit)
        # Campaigns that go slowly, or by another clock, must not use up what others may send in this second.
        pace.give_back(RELAY, limit - len(batch.allowed), taken_at=taken_at, rate=settings.SMTP_RATE)
        if not messages:
            return Round()
        if len(messages) == limit:
            on_more()
        verdicts = _ship(workspace, relay, batch, token, until)
        return Round(claimed=len(messages), sent=verdicts.sent, wait=_wait_after(verdicts))
    finally:
        with workspace_scope(workspace):
            release_messages(token=token)


def _claimed(workspace: Workspace, token: str, limit: int) -> tuple[list[Message], Batch]:
    """What was taken into hand, and what of it may leave."""
    with workspace_scope(workspace):
        messages = claim_messages(limit=limit, token=token)
        batch = look_at(messages) if messages else Batch([], [], has_caps=False)
        advance_messages(token=token, outcomes=batch.kept_back)
    return messages, batch


def _wait_after(verdicts: Verdicts) -> float:
    if verdicts.is_ours:
        return NO_DATABASE_SECONDS
    return float(pace.pause(RELAY)) if verdicts.trouble else 0.0


def _ship(workspace: Workspace, relay: Relay, batch: Batch, token: str, until: float) -> Verdicts:
    allowed, held_back = _by_domain(batch.allowed)
    if held_back:
        with workspace_scope(workspace):
            advance_messages(token=token, outcomes=held_back)
    if not allowed:
        return Verdicts()
    desk = Desk(workspace, _renderer)
    shipment = Shipment(workspace, lines_to(relay), desk, allowed, token=token, until=until, has_caps=batch.has_caps)
    verdicts = shipment.send()
    for domain in verdicts.weary_domains():
        pace.pause(domain)
    if verdicts.sent and not verdicts.trouble:
        pace.resume(RELAY)
    return verdicts


def _by_domain(batch: Sequence[Allowed]) -> tuple[list[Allowed], list[Outcome]]:
    """Those that may go now, and those whose domain has had enough for the moment."""
    by_domain: dict[str, list[Allowed]] = {}
    for each in batch:
        by_domain.setdefault(domain_of(each.message.address), []).append(each)
    pauses = pace.pauses_of(by_domain)
    allowed: set[int] = set()
    held_back: list[Outcome] = []
    for domain, group in by_domain.items():
        wait = pauses.get(domain, 0.0)
        count = 0 if wait else pace.take(domain, len(group), rate=settings.SMTP_DOMAIN_RATE)
        allowed |= {each.message.pk for each in group[:count]}
        held_back += [
            Outcome(each.message.pk, MessageState.QUEUED, is_try=False, back_off=max(1, round(wait)))
            for each in group[count:]
        ]
    return [each for each in batch if each.message.pk in allowed], held_back
