"""Segment's calls, without DRF: the hot path of the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.api_keys import ApiScope
from accounts.models import ApiKey
from accounts.rest.errors import ApiError, error_fields
from sales.actions.ingest import ingest_batch, ingest_call
from sales.ingesting.calls import CheckedCall, Reader, envelope_of
from sales.ingesting.ingestion import Ingestion

View = Callable[[HttpRequest], HttpResponse]
# Browsers send what must survive the page as text.
MEDIA_TYPES = frozenset({"", "application/json", "text/plain"})


def ingesting(view: View) -> View:
    """A POST of JSON by a key that may write events."""

    # The one action that each of them calls takes back by itself what it wrote before it refused.
    @transaction.non_atomic_requests
    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        key: ApiKey = request.api_key  # type: ignore[attr-defined]  # set by the gate, which lets nobody in without one
        if ApiScope.EVENTS_WRITE not in key.scopes:
            raise ApiError("missing_scope", f"This key lacks the scope {ApiScope.EVENTS_WRITE}.")
        if request.content_type not in MEDIA_TYPES:
            raise ApiError("unsupported_media_type", "Send `Content-Type: application/json`.")
        return view(request)

    return checked


@ingesting
def batch(request: HttpRequest) -> HttpResponse:
    """Up to 1,000 calls: what can be taken is, and the answer lists what can't."""
    envelope, done = envelope_of(request.body), Ingestion()
    reader = Reader(timezone.now(), sent_at=envelope.sent_at)
    calls: list[CheckedCall] = []
    for position, raw in enumerate(envelope.batch):
        try:
            calls.append(reader.read(raw, position=position))
        except ApiError as error:
            done.errors[position] = error
    return _answer(len(envelope.batch), ingest_batch(calls), done.errors)


@ingesting
def identify(request: HttpRequest) -> HttpResponse:
    return _single(request, "identify")


@ingesting
def track(request: HttpRequest) -> HttpResponse:
    return _single(request, "track")


@ingesting
def page(request: HttpRequest) -> HttpResponse:
    return _single(request, "page")


@ingesting
def alias(request: HttpRequest) -> HttpResponse:
    return _single(request, "alias")


VIEWS = {"identify": identify, "track": track, "page": page, "alias": alias, "batch": batch}


def _single(request: HttpRequest, kind: str) -> HttpResponse:
    return _answer(1, ingest_call(Reader(timezone.now()).read(request.body, kind=kind)), {})


def _answer(count: int, done: Ingestion, unread: dict[int, ApiError]) -> HttpResponse:
    errors = done.errors | unread
    duplicates = count - done.accepted - len(errors)
    listed = [_error(position, errors[position]) for position in sorted(errors)]
    answer = msgspec.json.encode({"accepted": done.accepted, "duplicates": duplicates, "errors": listed})
    return HttpResponse(answer, status=202, content_type="application/json")


def accepted() -> HttpResponse:
    """The answer to one call that had its effect."""
    return _answer(1, Ingestion(accepted=1), {})


def _error(position: int, error: ApiError) -> dict[str, object]:
    return {"index": position, **error_fields(error.code, error.message, param=error.param)}
