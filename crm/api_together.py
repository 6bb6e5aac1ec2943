"""Events told one a request: those of one key that wait at the same time share a transaction (ADR 0009).

Only what is ordinary goes along: a good key, tokens left, an event that is new and of somebody whom we know. If one of
a group is not, each goes by itself afterwards, as if it had come alone, and is refused or carried out there.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api_keys import ApiScope, secret_of, usable_key
from accounts.models import ApiKey
from accounts.rest.errors import ApiError
from accounts.scope import workspace_scope
from accounts.token_buckets import Allowance, take_tokens
from crm.together import Together
from customers.actions.ingest import NotAtOnce, tell_custom_events_at_once
from customers.ingesting.telling import ToldEvent
from sales.actions.ingest import custom_event_of
from sales.api import ingest
from sales.ingesting.calls import LARGEST_CALL, Reader

PATH = "/api/v1/track"
_ASKS_FOR_MORE = ("HTTP_IDEMPOTENCY_KEY", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING")


class _Apart(Exception):
    """Each of these events must go by itself."""


def answer_together(request: HttpRequest) -> HttpResponse | None:
    """The answer, with the event durably told; None for a request that must go by itself."""
    if request.path_info != PATH or request.method != "POST" or not _is_plain(request):
        return None
    secret = secret_of(request, takes_basic=True)
    event = _event_of(request) if secret else None
    if event is None:
        return None
    allowance, is_told = _tellers.ask(secret, event)
    if allowance is None or not is_told:
        request.allowance = allowance  # type: ignore[attr-defined]
        return None
    response = ingest.accepted()
    for name, value in allowance.headers().items():
        response[name] = value
    return response


def _is_plain(request: HttpRequest) -> bool:
    told = request.META
    is_short = 0 < int(told.get("CONTENT_LENGTH") or 0) <= LARGEST_CALL
    return is_short and request.content_type in ingest.MEDIA_TYPES and not any(map(told.get, _ASKS_FOR_MORE))


def _event_of(request: HttpRequest) -> ToldEvent | None:
    try:
        return custom_event_of(Reader(timezone.now()).read(request.body, kind="track"))
    except ApiError:
        return None


def _tell(secret: str, events: Sequence[ToldEvent]) -> list[tuple[Allowance | None, bool]]:
    """The key is looked up after the last of them came, and so stops at once when it is revoked."""
    key = usable_key(secret)
    if key is None or ApiScope.EVENTS_WRITE not in key.scopes:
        return [(None, False)] * len(events)
    allowance = take_tokens(f"key:{key.pk}", count=len(events))
    if not allowance.is_granted:
        return [(None, False)] * len(events)
    return [(allowance, _is_told(key, events))] * len(events)


def _is_told(key: ApiKey, events: Sequence[ToldEvent]) -> bool:
    """Whether all of them were told; else none was. What is raised by the commit leaves that open: all must hear it."""
    try:
        with workspace_scope(key.workspace, actor=f"key:{key.pk}"):
            try:
                tell_custom_events_at_once(events)
            except (NotAtOnce, DatabaseError) as error:
                raise _Apart from error
    except _Apart:
        return False
    return True


_tellers = Together(_tell)
