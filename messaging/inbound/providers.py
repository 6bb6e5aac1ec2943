"""What a mail provider tells by calling us, read by django-anymail: it knows each provider's words and signatures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from messaging.inbound.reading import IncomingReply, Named, Report, ReportKind, messages_named_in, read_mail, storable

_VIEWS = {
    "brevo": "Brevo",
    "mailersend": "MailerSend",
    "mailgun": "Mailgun",
    "mailjet": "Mailjet",
    "mailtrap": "Mailtrap",
    "postmark": "Postmark",
    "sendgrid": "SendGrid",
    "sparkpost": "SparkPost",
}
# Headers that a provider which renames messages gives back in its calls.
HEADERS = {"postmark": "X-PM-Metadata-Message", "mailjet": "X-MJ-CustomID"}
_KINDS: Mapping[str, ReportKind] = {
    "delivered": ReportKind.DELIVERED,
    "bounced": ReportKind.HARD_BOUNCE,
    "rejected": ReportKind.HARD_BOUNCE,
    "complained": ReportKind.COMPLAINED,
    "unsubscribed": ReportKind.UNSUBSCRIBED,
}
# What providers reject by themselves without having asked the recipient's server proves nothing about the address.
_NO_PROOF = ("blocked", "spam", "other", "timed_out", "unsubscribed")

Told = tuple[Named, Report | IncomingReply]


class Forged(Exception):
    """The call does not carry what the provider and we agreed on."""


class UnreadableCall(Exception):
    """The call is not one that this provider makes."""


def is_configured(provider: str) -> bool:
    """Without a secret nobody may call."""
    return (
        bool(provider) and provider == settings.MAIL_PROVIDER and provider in _VIEWS and bool(settings.PROVIDER_SECRET)
    )


def read_call(request: HttpRequest, provider: str, *, kind: str, now: datetime) -> list[Told]:
    """What a call of `kind` (`tracking` or `inbound`) says of our messages. Raises Forged and UnreadableCall."""
    view = import_string(f"anymail.webhooks.{provider}.{_VIEWS[provider]}{kind.capitalize()}WebhookView")()
    view.setup(request)
    from anymail.exceptions import AnymailWebhookValidationFailure  # noqa: PLC0415  only an installation with a provider

    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure as error:
        raise Forged from error
    except Exception as error:  # each provider's reader fails in its own way
        raise UnreadableCall(str(error)) from error
    tell = _replies if kind == "inbound" else _reports
    return [told for event in events for told in tell(event, now)]


def _reports(event: Any, now: datetime) -> list[Told]:
    kind = _KINDS.get(event.event_type)
    if kind is None or (kind == ReportKind.HARD_BOUNCE and event.reject_reason in _NO_PROOF):
        return []
    if kind == ReportKind.HARD_BOUNCE and _is_passing(event):
        kind = ReportKind.SOFT_BOUNCE
    words = json.dumps(event.esp_event, default=str)
    key = storable(str(event.event_id or hashlib.sha256(words.encode()).hexdigest()))[:200]
    at = min(event.timestamp.astimezone(UTC), now) if event.timestamp else now
    detail = storable(str(event.mta_response or event.description or ""))[:500]
    return [(named, Report(kind, named.message_id, key, at, detail)) for named in messages_named_in(words)[:1]]


def _is_passing(event: Any) -> bool:
    """RFC 3463: what begins with a 4 may pass."""
    words = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    reply = str(event.mta_response or "")
    return words.get("Type") == "SoftBounce" or reply.startswith("4") or " 4." in reply[:20]


def _replies(event: Any, now: datetime) -> list[Told]:
    read = read_mail(event.message.as_bytes(), now=now)
    if not isinstance(read, IncomingReply):
        return [(named, report) for report in read for named in messages_named_in(report.message_id)]
    return [(named, read) for named in messages_named_in(" ".join(read.message_ids))[:1]]
