"""From claimed messages to envelopes: who may be written to, with what, and the bytes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone

from accounts.models import Workspace
from messaging.actions.outcomes import Mark, Outcome
from messaging.eligibility import kept_back
from messaging.inbound.providers import HEADERS
from messaging.links import Links, links_for
from messaging.models import FrequencyPolicy, Message, MessageState, TemplateVersion
from messaging.policies import Hold
from messaging.queries.readings import tracking_policy
from messaging.reasons import Reason
from messaging.rendering import BadTemplate, Context, Renderer, contexts_for, shared_lists, workspace_facts
from messaging.sending.connections import Envelope
from messaging.sending.mime import HeaderRefused, Letter, Letterhead, Mailbox, ascii_address, compose
from messaging.tracking.plans import Plan, plans_for

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowed:
    """A message that may be sent, with all that it takes."""

    message: Message
    context: Context
    links: Links
    plan: Plan
    # What its text shows that is the same for everybody: not kept with the message.
    shared: Context


@dataclass(frozen=True)
class Batch:
    """Claimed messages, looked at once.

    `has_caps`: the workspace limits how many reach one customer, so that each takes a place when it leaves.
    """

    allowed: list[Allowed]
    kept_back: list[Outcome]
    has_caps: bool


def look_at(messages: Sequence[Message]) -> Batch:
    """Whatever the database has to say about a batch: a handful of queries, however many there are."""
    holds = kept_back(messages)
    sendable = [message for message in messages if message.pk not in holds]
    versions = TemplateVersion.objects.select_related("template").in_bulk(
        {message.template_version_id for message in sendable}
    )
    policy = tracking_policy()
    contexts = contexts_for(sendable, versions)
    links = links_for(sendable, tracked=policy.counts_clicks or policy.counts_opens)
    plans, shared = plans_for(sendable, versions, policy), shared_lists(versions)
    return Batch(
        allowed=[
            Allowed(
                message,
                contexts[message.pk],
                links[message.pk],
                plans[message.pk],
                shared[message.template_version_id],
            )
            for message in sendable
        ],
        kept_back=[outcome_of(message_id, hold) for message_id, hold in holds.items()],
        has_caps=FrequencyPolicy.objects.exists(),
    )


def outcome_of(message_id: int, hold: Hold) -> Outcome:
    state = MessageState.QUEUED if hold.until else MessageState.SKIPPED
    return Outcome(message_id, state, reason=hold.reason, is_try=False, until=hold.until)


class Desk:
    """Where the messages of one batch are written, one at a time."""

    def __init__(self, workspace: Workspace, renderer: Renderer) -> None:
        self._workspace = workspace
        self._renderer = renderer
        # Where the links lead of those that were written and are not marked yet.
        self._links: dict[int, dict[str, str] | None] = {}
        self._facts = {"workspace": workspace_facts(workspace)}
        self._sender = sender_of(workspace)
        self._letterhead = Letterhead(self._sender, reply_to=settings.INBOUND_ADDRESS or workspace.reply_to).headers()
        self._echo_header = HEADERS.get(settings.MAIL_PROVIDER, "")

    def write(self, allowed: Allowed) -> Envelope | Outcome:
        """The message in its envelope, or why it cannot be written."""
        message = allowed.message
        try:
            recipient = ascii_address(message.address)
        except HeaderRefused:
            return Outcome(message.pk, MessageState.FAILED, reason=Reason.BAD_ADDRESS, is_try=False)
        try:
            data = self._compose(allowed)
        except (BadTemplate, HeaderRefused) as error:
            return Outcome(message.pk, MessageState.FAILED, reason=Reason.RENDER_ERROR, reply=str(error), is_try=False)
        except Exception as error:
            # A fault of ours, which only this message may have met: put off, it does not hold up the rest.
            log.exception("message %s could not be written", message.pk)
            return Outcome(message.pk, MessageState.QUEUED, reply=f"It could not be written: {error!r}", back_off=60)
        # What cannot be delivered comes back to where it is read.
        returns_to = ascii_address(settings.INBOUND_ADDRESS or self._sender.address)
        return Envelope(message.pk, returns_to, recipient, data)

    def mark(self, allowed: Allowed) -> Mark:
        """That its body is about to leave, what it was rendered with, and where its links lead from now on."""
        return Mark(
            allowed.message.pk, allowed.context, allowed.plan.link_set_id, self._links.pop(allowed.message.pk, None)
        )

    def _compose(self, allowed: Allowed) -> bytes:
        message, plan = allowed.message, allowed.plan
        values = allowed.shared | allowed.context | self._facts | vars(allowed.links)
        rendered = self._renderer.render(plan.compiled, values, key=plan.key)
        self._links[message.pk] = plan.own_links(rendered.links)
        letter = Letter(
            recipient=Mailbox(str(allowed.context["customer"]["name"]), message.address),
            subject=rendered.subject,
            message_id=message.message_id,
            date=timezone.now(),
            text=rendered.text,
            html=rendered.html,
            unsubscribe_url=allowed.links.unsubscribe_url,
            echo_header=self._echo_header,
        )
        return compose(letter, self._letterhead)


def sender_of(workspace: Workspace) -> Mailbox:
    """The workspace's own address; without one, the installation's, under the workspace's name."""
    address = workspace.sender_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return Mailbox(workspace.sender_name or workspace.name, address)
