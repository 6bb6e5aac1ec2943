"""What is handed to the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from messaging.models import Priority

# In the context of a message: which topics its link confirms, where nobody asked for them on the join page.
CONFIRMS = "confirms"


@dataclass(frozen=True, kw_only=True)
class MessageDraft:
    """A message to be. `dedupe_key` says what may happen once; `context` is what the template gets beside the usual.

    The values of `context` are strings, numbers, or lists of flat dicts of these: never model instances, never a
    secret (what a link must prove is made when the message is sent, by `messaging.links`).
    `not_before` None: at once. `topic_id` None: transactional, which needs no consent. `held_out`: it is written down
    so that its customer can be compared with those who were written to, and never sent.
    """

    address: str
    purpose: str
    dedupe_key: str
    template_version_id: int
    customer_id: int | None = None
    topic_id: int | None = None
    context: dict[str, Any] = field(default_factory=dict)
    priority: int = Priority.AUTOMATION
    not_before: datetime | None = None
    campaign_id: int | None = None
    held_out: bool = False
    enrolment_id: int | None = None
    step: str = ""
