"""What a mail that came in says of a message of ours: it bounced, somebody complained, somebody answered.

RFC 3464 (delivery reports), RFC 5965 (abuse reports), RFC 3834 (automatic replies).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime

from django.db import models

from messaging.inbound.strangers import strangers_html_to_text

LONGEST_REPLY = 20_000  # characters
# What is longer would take the standard library 15 s for each MB, or far more.
LONGEST_HEADER = 4_000
# Ours: 32 hexadecimal digits, then the key of the workspace (messaging.actions.queueing). Providers drop the brackets.
OUR_MESSAGE_ID = re.compile(r"(?P<whole>[0-9a-f]{32}\.(?P<key>[\w-]{1,32})@[\w.-]*\w)")
_READ_HEADER = HeaderRegistry()
_POLICY = policy.default.clone(header_factory=lambda name, value: _READ_HEADER(name, value[:LONGEST_HEADER]))
_HEAD_BYTES = 262_144
_QUOTED = re.compile(
    r"^(?:>|-{2,} ?(?:original message|ursprüngliche nachricht)|_{20,}$"
    r"|(?:on|am|le|el) .{5,200}(?:wrote|schrieb|écrit|escribió).{0,80}:$)",
    re.IGNORECASE,
)


class ReportKind(models.TextChoices):
    DELIVERED = "delivered"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True)
class Report:
    """What became of the message with this Message-ID. `key` tells it apart from a second report of the same kind."""

    kind: ReportKind
    message_id: str
    key: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class IncomingReply:
    """What somebody wrote back. `text` is what they wrote, without what they quoted. Automatic: nobody wrote it."""

    message_ids: tuple[str, ...]
    mail_id: str
    sender: str
    subject: str
    text: str
    at: datetime
    is_automatic: bool


@dataclass(frozen=True)
class Named:
    """A message of ours: its Message-ID, and the public key of its workspace."""

    message_id: str
    workspace_key: str


def storable(text: str) -> str:
    """Without what no text in the database may hold: NUL, and halves of characters."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


def messages_named_in(text: str) -> list[Named]:
    """In the order of the text, each once."""
    found = (Named(f"<{each['whole']}>", each["key"]) for each in OUR_MESSAGE_ID.finditer(text))
    return list(dict.fromkeys(found))


def workspace_keys(mail: bytes) -> list[str]:
    """The public keys of the workspaces whose messages this mail names, wherever it does."""
    return list(dict.fromkeys(named.workspace_key for named in messages_named_in(_head(mail))))


def read_mail(mail: bytes, *, now: datetime) -> list[Report] | IncomingReply:
    """Reports if a mail server wrote it, an answer if anybody else did. Either may name no message of ours."""
    message = BytesParser(policy=_POLICY).parsebytes(mail)
    kind = message.get_content_type(), str(message.get_param("report-type", "")).lower()
    if kind == ("multipart/report", "delivery-status"):
        return list(_bounces(message, mail, now))
    if kind == ("multipart/report", "feedback-report"):
        return [Report(ReportKind.COMPLAINED, each, "arf", now) for each in _ours_in(mail)]
    return _reply(message, mail, now)


def _bounces(message: EmailMessage, mail: bytes, now: datetime) -> Iterator[Report]:
    """One report goes to one recipient; where it tells of several, ours are all told the worst."""
    fields = [part for each in message.walk() for part in _status_parts(each)]
    failed = [field for field in fields if str(field.get("Action", "")).strip().lower() == "failed"]
    for field in failed[:1]:
        status = str(field.get("Status", "")).strip()
        kind = ReportKind.HARD_BOUNCE if status.startswith("5") else ReportKind.SOFT_BOUNCE
        detail = storable(f"{status} {field.get('Diagnostic-Code', '')}").strip()
        for message_id in _ours_in(mail):
            yield Report(kind, message_id, "dsn", now, detail[:500])


def _status_parts(part: Message) -> list[Message]:
    if part.get_content_type() != "message/delivery-status":
        return []
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _reply(message: EmailMessage, mail: bytes, now: datetime) -> IncomingReply:
    named = " ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References"))
    mail_id = storable(str(message.get("Message-ID", ""))).strip() or f"<{hashlib.sha256(mail).hexdigest()}@unnamed>"
    return IncomingReply(
        message_ids=tuple(each.message_id for each in messages_named_in(named)),
        mail_id=mail_id[:300],
        sender=storable(parseaddr(str(message.get("From", "")))[1])[:254],
        subject=" ".join(storable(str(message.get("Subject", ""))).split())[:300],
        text=without_quotes(_text_of(message))[:LONGEST_REPLY],
        at=_date_of(message, now),
        is_automatic=_is_automatic(message),
    )


def _is_automatic(message: EmailMessage) -> bool:
    submitted = str(message.get("Auto-Submitted", "no")).strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    return submitted != "no" or precedence in ("bulk", "auto_reply", "junk") or "X-Autoreply" in message


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        raw = part.get_payload(decode=True)
        content = raw.decode(errors="replace") if isinstance(raw, bytes) else ""
    return storable(strangers_html_to_text(content) if part.get_content_type() == "text/html" else content)


def without_quotes(text: str) -> str:
    """What stands above the first line that only a mail program writes. Of nothing but quotes, everything is kept."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((number for number, line in enumerate(lines) if _QUOTED.match(line.strip())), len(lines))
    return "\n".join(lines[:end]).strip() or text.strip()


def _date_of(message: EmailMessage, now: datetime) -> datetime:
    """As the sender dated it, but not later than now."""
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
    except ValueError:
        return now
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)


def _ours_in(mail: bytes) -> list[str]:
    return [named.message_id for named in messages_named_in(_head(mail))]


def _head(mail: bytes) -> str:
    return mail[:_HEAD_BYTES].decode("ascii", "replace")
