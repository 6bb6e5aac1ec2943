"""Reading Segment's calls: fast where all is well, and with a reason for each that is not."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from accounts.rest.errors import ApiError
from accounts.rest.fields import parse_instant
from sales.ingesting.tellers import Teller

LARGEST_CALL = 32 * 1024
LARGEST_BATCH = 500_000
LONGEST_ID = 200
LONGEST_NAME = 200
MOST_CALLS = 1000
KINDS = ("identify", "track", "page", "alias")
SMALLEST_LAG = timedelta(minutes=1)
NOTHING = msgspec.Raw(b"{}")

# The common way to write ISO 8601, of the many that there are.
_POSTGRES_READS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)").fullmatch
_AT = re.compile(r"(?P<what>.*) - at `\$(?P<path>.*)`")


class Call(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One call as it came. What it has beside this is not for us, and is passed over as Segment's own servers do."""

    type: str = ""
    message_id: str | int | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    properties: msgspec.Raw = NOTHING
    traits: msgspec.Raw = NOTHING


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: str | None = None


class CheckedCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call that can be carried out. `user` and `visitor` are ids, or empty; `occurred_at` is ISO 8601."""

    position: int
    kind: str
    key: str
    user: str
    visitor: str
    previous: str
    name: str
    occurred_at: str
    properties: str
    traits: msgspec.Raw
    teller: Teller = Teller.SHOP


_decode_call = msgspec.json.Decoder(Call).decode
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def envelope_of(body: bytes) -> Envelope:
    """Raises ApiError for what is no batch at all."""
    if len(body) > LARGEST_BATCH:
        raise ApiError("body_too_large", f"The batch has {len(body):,} bytes; at most {LARGEST_BATCH:,} are taken.")
    try:
        envelope = _decode_envelope(body)
    except (ValueError, RecursionError) as error:
        raise error_of(error) from None
    count = len(envelope.batch)
    if not count:
        raise ApiError("missing_field", "Send at least one call in the list “batch”.", param="batch")
    if count > MOST_CALLS:
        raise ApiError("invalid_value", f"There are {count:,} calls; at most {MOST_CALLS:,} fit.", param="batch")
    return envelope


class Reader:
    """Checks calls that arrived together. Raises ApiError for one that can't be carried out."""

    def __init__(self, received_at: datetime, *, sent_at: str | None = None) -> None:
        self._now = received_at
        self._now_text = received_at.isoformat()
        self._lag = self._lag_of(sent_at)

    def read(self, raw: bytes | msgspec.Raw, *, position: int = 0, kind: str = "") -> CheckedCall:
        if len(memoryview(raw)) > LARGEST_CALL:
            raise ApiError("body_too_large", f"A call has at most {LARGEST_CALL:,} bytes; this one is larger.")
        try:
            call = _decode_call(raw)
        except (ValueError, RecursionError) as error:
            raise error_of(error) from None
        kind = kind or call.type
        if kind not in KINDS:
            raise ApiError("invalid_value", f"The type of a call is one of: {', '.join(KINDS)}.", param="type")
        user = _id("userId", call.user_id)
        visitor = _id("anonymousId", call.anonymous_id)
        if not user and not visitor:
            raise ApiError("missing_field", "Say who it was: send a userId or an anonymousId.", param="userId")
        return CheckedCall(
            position=position,
            kind=kind,
            key=key_of(call.message_id),
            user=user,
            visitor=visitor,
            previous=_previous(call, user) if kind == "alias" else "",
            name=_event_name(call.event) if kind == "track" else _page_name(call) if kind == "page" else "",
            occurred_at=self._instant(call.timestamp or call.original_timestamp, call.sent_at),
            properties=_object_text("properties", call.properties),
            traits=call.traits,
        )

    def _instant(self, given: str | None, sent_at: str | None) -> str:
        """By our clock, as far as `sentAt` tells how far off the caller's is. Nothing lies in the future."""
        lag = self._lag_of(sent_at) if sent_at else self._lag
        if given is None:
            return self._now_text
        instant = _instant_of("timestamp", given)
        if instant + lag >= self._now:
            return self._now_text
        if lag:
            return _instant_of("timestamp", (instant + lag).isoformat()).isoformat()
        return given if _POSTGRES_READS(given) else instant.isoformat()

    def _lag_of(self, sent_at: str | None) -> timedelta:
        """How far the caller's clock is behind ours. Less than a minute is the way that the request took."""
        if sent_at is None:
            return timedelta()
        lag = self._now - _instant_of("sentAt", sent_at)
        return lag if abs(lag) >= SMALLEST_LAG else timedelta()


def _instant_of(param: str, given: str) -> datetime:
    instant = parse_instant(given)
    if instant is None:
        raise ApiError("invalid_value", "Write an instant as ISO 8601 with its offset.", param=param)
    return instant


def object_of(field: str, raw: msgspec.Raw | str) -> dict[str, Any]:
    """Properties or traits, read. Raises ApiError."""
    try:
        return _decode_object(raw) if raw != "null" else {}
    except (ValueError, RecursionError) as error:
        raise error_of(error, below=field) from None


def _id(param: str, value: str | int | None) -> str:
    if value is None or value == "":
        return ""
    text = str(value)
    if len(text) > LONGEST_ID or not text.isprintable():
        raise ApiError("invalid_value", f"An id has at most {LONGEST_ID} printable characters.", param=param)
    return text


def _previous(call: Call, user: str) -> str:
    previous = _id("previousId", call.previous_id)
    if not previous:
        raise ApiError("missing_field", "Say which id is the same person: send a previousId.", param="previousId")
    if not user:
        raise ApiError("missing_field", "Say who it is now: send a userId.", param="userId")
    return previous


def _event_name(event: str | None) -> str:
    name = _line("event", event or "")
    if not name:
        raise ApiError("missing_field", "Say what happened: send an event.", param="event")
    return name


def _page_name(call: Call) -> str:
    return _line("name", " ".join(part for part in (call.category, call.name) if part))


@lru_cache(maxsize=200)
def _line(param: str, text: str) -> str:
    """One line with single spaces. Shops have few names for what happens, and tell them again and again."""
    line = text if text.isprintable() and "  " not in text and text == text.strip() else " ".join(text.split())
    if len(line) > LONGEST_NAME or not line.isprintable():
        raise ApiError("invalid_value", f"A name has at most {LONGEST_NAME} printable characters.", param=param)
    return line


def key_of(message_id: str | int | None) -> str:
    """A hash, since an id of the caller's making may name a person. Without one, nobody can tell it twice."""
    if message_id is None or message_id == "":
        return os.urandom(16).hex()
    return hashlib.blake2b(str(message_id).encode(), digest_size=16).hexdigest()


def _object_text(field: str, raw: msgspec.Raw) -> str:
    """The text of an object; that it is JSON was seen when the call was read."""
    try:
        text = str(memoryview(raw), "utf-8")
    except UnicodeDecodeError as error:
        raise error_of(error, below=field) from None
    if text == "null":
        return "{}"
    if not text.startswith("{"):
        raise ApiError("invalid_value", "Send an object.", param=field)
    return text


def error_of(error: Exception, *, below: str = "") -> ApiError:
    """What msgspec has against a body, in the words of the API."""
    if isinstance(error, RecursionError):
        return ApiError("invalid_json", "It is nested too deeply.", param=below or None)
    found = _AT.fullmatch(str(error)) if isinstance(error, msgspec.ValidationError) else None
    if found:
        path = f"{below}{found['path']}".replace("[...]", "").lstrip(".")
        return ApiError("invalid_value", f"{found['what']}.", param=path or None)
    kind = "invalid_value" if isinstance(error, msgspec.ValidationError) else "invalid_json"
    return ApiError(kind, f"This is not what is taken here: {error}.", param=below or None)
