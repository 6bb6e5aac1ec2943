from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries import actor_names
from accounts.scope import current_workspace
from customers.models import Customer
from messaging.addresses import hash_address
from messaging.models import Campaign, Flow, Message, MessageEvent, MessageQuerySet, MessageState
from messaging.queries.allowance import allowance_of
from messaging.queries.outcomes import OUTCOMES, outcome_condition
from messaging.reasons import Reason, reason_in_words


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """`q` is an address, whole. Empty means any."""

    q: str = ""
    state: str = ""
    topic: int | None = None
    purpose: str = ""
    customer: int | None = None
    campaign: int | None = None
    flow: int | None = None
    step: str = ""
    outcome: str = ""
    reason: str = ""


def messages_for_list(wanted: MessageFilter) -> MessageQuerySet:
    messages = Message.objects.select_related("customer", "topic", "template_version")
    if wanted.q:
        # Of whom was erased the address is gone, and shall not be found by its hash either.
        messages = messages.filter(address_hash=hash_address(wanted.q)).exclude(address="")
    if wanted.state:
        messages = messages.filter(state=wanted.state)
    if wanted.topic is not None:
        messages = messages.filter(topic=wanted.topic)
    if wanted.purpose:
        messages = messages.filter(purpose=wanted.purpose)
    if wanted.customer is not None:
        messages = messages.filter(customer=wanted.customer)
    if wanted.reason:
        messages = messages.filter(reason=wanted.reason)
    if wanted.flow is not None:
        return _of_flow(messages, wanted.flow, wanted.step, wanted.outcome)
    return messages if wanted.campaign is None else _of_campaign(messages, wanted.campaign, wanted.outcome)


def _of_flow(messages: MessageQuerySet, flow_id: int, step: str, outcome: str) -> MessageQuerySet:
    """Those that a figure of its page counts: of one step, or of all."""
    messages = messages.filter(enrolment__flow=flow_id, customer__isnull=False)
    messages = messages.filter(step=step) if step else messages
    return messages.filter(outcome_condition(outcome)) if outcome in OUTCOMES else messages


def _of_campaign(messages: MessageQuerySet, campaign_id: int, outcome: str) -> MessageQuerySet:
    """Those that a figure of its report counts."""
    messages = messages.filter(campaign=campaign_id)
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    return messages.filter(outcome_condition(outcome, campaign)) if campaign and outcome in OUTCOMES else messages


def listed_about(wanted: MessageFilter) -> dict[str, Any]:
    """Whose messages these are, and which figure they stand behind, as the page says above its list."""
    return {
        "of_flow": Flow.objects.filter(pk=wanted.flow).first() if wanted.flow else None,
        "of_campaign": Campaign.objects.filter(pk=wanted.campaign).first() if wanted.campaign else None,
        "of_customer": Customer.objects.filter(pk=wanted.customer).first() if wanted.customer else None,
        "outcome": OUTCOMES[wanted.outcome][0] if wanted.outcome else "",
        "reason": reason_in_words(wanted.reason) if wanted.reason else "",
    }


def message_for_detail() -> MessageQuerySet:
    return Message.objects.select_related("customer", "topic", "template_version__template")


def messages_in_doubt() -> int:
    return Message.objects.unknown().count()


@dataclass(frozen=True)
class Remark:
    """Something that befell a message, in words. `icon` is a name of static/vendor/icons.svg."""

    icon: str
    title: str
    text: str
    at: datetime


_READINGS = {
    "opened": ("eye", gettext_lazy("Read")),
    "clicked": ("external-link", gettext_lazy("Followed a link")),
    "machine_opened": ("eye", gettext_lazy("A machine fetched its pictures")),
    "machine_clicked": ("link", gettext_lazy("A machine followed a link")),
}


def message_history(message: Message) -> list[Remark]:
    events = list(MessageEvent.objects.filter(message=message).order_by("pk"))
    names = actor_names({event.actor for event in events})
    return [_remark(event, names.get(event.actor, _("Somebody"))) for event in events]


def _remark(event: MessageEvent, actor: str) -> Remark:
    state, _colon, detail = event.detail.partition(": ")
    outcome = str(MessageState(state).label) if state in MessageState.values else ""
    match event.kind:
        case "put_off":
            text = reason_in_words(event.detail) if event.detail in Reason.values else event.detail
            return Remark("clock", _("Put off until later"), text, event.at)
        case "settled":
            return Remark("mail-check", _("The mail server's log told what became of it"), outcome, event.at)
        case "decided":
            text = ": ".join(filter(None, [outcome, detail]))
            return Remark("user", _("%s decided what became of it") % actor, text, event.at)
    if event.kind in _READINGS:
        icon, words = _READINGS[event.kind]
        return Remark(icon, str(words), event.detail, event.at)
    return Remark("point", event.kind.replace("_", " ").capitalize(), event.detail, event.at)


def with_reasons(messages: Iterable[Message]) -> list[tuple[Message, str]]:
    """Each with why it was not sent, or why it waits although its time has come; empty for the others."""
    rows = list(messages)
    waits = _why_due_messages_wait() if any(_is_due(message) for message in rows) else ""
    return [(each, reason_in_words(each.reason) if each.reason else waits if _is_due(each) else "") for each in rows]


def _is_due(message: Message) -> bool:
    return message.state == MessageState.QUEUED and message.not_before <= timezone.now()


def _why_due_messages_wait() -> str:
    allowance = allowance_of(current_workspace())
    return allowance.in_words() if allowance and not allowance.left else ""
