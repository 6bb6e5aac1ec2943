"""The links of a message that prove who follows them.

Their tokens are derived from the message and the secret key, so they can be made again and need not be kept; what is
kept is their hash, with one purpose each. A token outlives a change of the key: the hash is what it is checked against.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from accounts.models import PublicToken
from accounts.scope import current_workspace, current_workspace_id
from accounts.tokens import hash_secret
from customers.staging import bigints, execute, texts
from messaging.models import Message
from messaging.purposes import Purpose

UNSUBSCRIBE, PREFERENCES, CONFIRMATION, READING = "unsubscribe", "preferences", "opt_in", "reading"
# A newsletter that lay in a folder for a year must still be possible to leave; a confirmation is a matter of days.
# And where a link of it led, whoever finds it again shall still be told.
LIFETIME = {
    UNSUBSCRIBE: timedelta(days=800),
    PREFERENCES: timedelta(days=400),
    CONFIRMATION: timedelta(days=30),
    READING: timedelta(days=800),
}
TOKEN_BYTES = 24


@dataclass(frozen=True)
class Links:
    """Absolute addresses, empty where a message has none of the kind. Under these names the templates know them."""

    unsubscribe_url: str = ""
    preferences_url: str = ""
    confirmation_url: str = ""
    # What the numbers of tracked links are put behind, and the picture that tells of an opening.
    click_url: str = ""
    open_url: str = ""


def links_for(messages: Sequence[Message], *, tracked: bool = False) -> dict[int, Links]:
    """The links of each message, by its id. Asking again gives the same links and stores nothing new.

    A message with a topic can be unsubscribed from. Who gets one about themselves can open their preferences.
    `tracked`: whether those with a topic get a token that tells how they are read.
    """
    wanted = [(message, purpose) for message in messages for purpose in _purposes(message, tracked=tracked)]
    tokens = {(message.pk, purpose): derive_token(message, purpose) for message, purpose in wanted}
    _keep(wanted, tokens)
    return {
        message.pk: Links(
            unsubscribe_url=public_page("unsubscribe", tokens.get((message.pk, UNSUBSCRIBE))),
            preferences_url=public_page("preferences", tokens.get((message.pk, PREFERENCES))),
            confirmation_url=public_page("confirmation", tokens.get((message.pk, CONFIRMATION))),
            click_url=public_page("click", tokens.get((message.pk, READING))),
            open_url=public_page("opening", tokens.get((message.pk, READING))),
        )
        for message in messages
    }


def derive_token(message: Message, purpose: str) -> str:
    """192 bits that nobody without the secret key can guess."""
    digest = hmac.digest(_key(settings.SECRET_KEY, purpose), message.message_id.encode(), sha256)
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    """As Django's salted_hmac derives it, but once for all messages."""
    return sha256(f"messaging.links.{purpose}{secret}".encode()).digest()


def preferences_of(message: Message) -> str:
    """The link that a message with a topic had, for who follows another of its links. Stores nothing."""
    return public_page("preferences", derive_token(message, PREFERENCES))


def public_page(name: str, token: str | None) -> str:
    """Absolute, from the public address: below a workspace page `reverse` would add its script prefix."""
    if token is None:
        return ""
    before, after = _around_token(name)
    return f"{settings.PUBLIC_URL.rstrip('/')}/{before}{token}{after}"


@lru_cache(maxsize=16)
def _around_token(name: str) -> tuple[str, str]:
    """What stands before and behind a token, which needs no escaping: found once, not for every link of a batch."""
    path = reverse(name, urlconf=settings.ROOT_URLCONF, args=["-"]).removeprefix(get_script_prefix())
    before, _dash, after = path.rpartition("-")
    return before, after


def member_page(name: str, *args: object) -> str:
    """A page of the workspace in scope, absolute, for whoever works there."""
    path = reverse(name, urlconf=settings.WORKSPACE_URLCONF, args=args).removeprefix(get_script_prefix())
    return f"{settings.PUBLIC_URL.rstrip('/')}{current_workspace().get_absolute_url()}{path}"


def _purposes(message: Message, *, tracked: bool) -> list[str]:
    if message.customer_id is None:
        return []
    if message.purpose == Purpose.CONFIRMATION:
        return [CONFIRMATION]
    if not message.is_marketing:
        return [PREFERENCES]
    return [UNSUBSCRIBE, PREFERENCES, READING] if tracked else [UNSUBSCRIBE, PREFERENCES]


def _keep(wanted: Sequence[tuple[Message, str]], tokens: dict[tuple[int, str], str]) -> None:
    """In one statement, as text: a row object for each of a batch's links would take longer than its messages do."""
    if not wanted:
        return
    execute(
        f"""insert into {PublicToken._meta.db_table}
              (workspace_id, purpose, token_hash, subject_id, created_at, expires_at)
            select %s, purpose, token_hash, subject_id, %s, expires_at
            from unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
                   as link(purpose, token_hash, subject_id, expires_at)
            on conflict do nothing""",  # noqa: S608  our own table
        [
            current_workspace_id(),
            timezone.now(),
            texts(purpose for _, purpose in wanted),
            texts(hash_secret(tokens[message.pk, purpose]) for message, purpose in wanted),
            bigints(message.pk for message, _ in wanted),
            texts((message.created_at + LIFETIME[purpose]).isoformat() for message, purpose in wanted),
        ],
    )
