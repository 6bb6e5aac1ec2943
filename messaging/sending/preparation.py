"""From claimed messages to envelopes: who may be written to, with what, and the bytes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone

from accounts.models import Workspace
from messaging.actions.outcomes import Mark, Outcome
from messaging.eligibility import kept_back
from messaging.links import Links, links_for
from messaging.models import FrequencyPolicy, Message, MessageState, TemplateVersion
from messaging.policies import Hold
from messaging.reasons import Reason
from messaging.rendering import BadTemplate, Compiled, Context, Renderer, compile_subject, contexts_for, workspace_facts
from messaging.sending.connections import Envelope
from messaging.sending.mime import HeaderRefused, Letter, Letterhead, Mailbox, ascii_address, compose

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowed:
    """A message that may be sent, with all that it takes."""

    message: Message
    context: Context
    links: Links

    @property
    def mark(self) -> Mark:
        return Mark(self.message.pk, self.context)


@dataclass(frozen=True)
class Batch:
    """Claimed messages, looked at once. `versions` are their templates, by id.

    `has_caps`: the workspace limits how many reach one customer, so that each takes a place when it leaves.
    """

    allowed: list[Allowed]
    kept_back: list[Outcome]
    versions: dict[int, TemplateVersion]
    has_caps: bool


def look_at(messages: Sequence[Message]) -> Batch:
    """Whatever the database has to say about a batch: a handful of queries, however many there are."""
    holds = kept_back(messages)
    sendable = [message for message in messages if message.pk not in holds]
    contexts, links = contexts_for(sendable), links_for(sendable)
    return Batch(
        allowed=[Allowed(message, contexts[message.pk], links[message.pk]) for message in sendable],
        kept_back=[outcome_of(message_id, hold) for message_id, hold in holds.items()],
        versions=TemplateVersion.objects.select_related("template").in_bulk(
            {message.template_version_id for message in sendable}
        ),
        has_caps=FrequencyPolicy.objects.exists(),
    )


def outcome_of(message_id: int, hold: Hold) -> Outcome:
    state = MessageState.QUEUED if hold.until else MessageState.SKIPPED
    return Outcome(message_id, state, reason=hold.reason, is_try=False, until=hold.until)


class Desk:
    """Where the messages of one batch are written, one at a time."""

    def __init__(self, workspace: Workspace, renderer: Renderer, versions: dict[int, TemplateVersion]) -> None:
        self._workspace = workspace
        self._renderer = renderer
        self._sources = {version_id: compiled(version) for version_id, version in versions.items()}
        self._facts = {"workspace": workspace_facts(workspace)}
        self._sender = sender_of(workspace)
        self._letterhead = Letterhead(self._sender, reply_to=workspace.reply_to).headers()

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
        return Envelope(message.pk, ascii_address(self._sender.address), recipient, data)

    def _compose(self, allowed: Allowed) -> bytes:
        message, version_id = allowed.message, allowed.message.template_version_id
        values = allowed.context | self._facts | asdict(allowed.links)
        rendered = self._renderer.render(self._sources[version_id], values, key=str(version_id))
        letter = Letter(
            recipient=Mailbox(str(allowed.context["customer"]["name"]), message.address),
            subject=rendered.subject,
            message_id=message.message_id,
            date=timezone.now(),
            text=rendered.text,
            html=rendered.html,
            unsubscribe_url=allowed.links.unsubscribe_url,
        )
        return compose(letter, self._letterhead)


def compiled(version: TemplateVersion) -> Compiled:
    subject = compile_subject(version.subject, template_key=version.template.key)
    return Compiled(subject=subject, html=version.html, text=version.text)


def sender_of(workspace: Workspace) -> Mailbox:
    """The workspace's own address; without one, the installation's, under the workspace's name."""
    address = workspace.sender_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return Mailbox(workspace.sender_name or workspace.name, address)
