"""The public side of the snippet on a website: the script, and where it tells what visitors look at."""

from __future__ import annotations

import hashlib
from functools import cache

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import etag, require_http_methods, require_safe

from accounts.agents import is_machine
from accounts.models import Workspace
from accounts.requests import connection_of
from accounts.rest.errors import ApiError, error_body
from accounts.scope import workspace_scope
from accounts.token_buckets import take_tokens
from sales import actions
from sales.ingesting.beacons import LARGEST_BEACON, read_beacon
from sales.snippet.served import served

# A page of any site may ask, and read the answer, which is the same for all of them.
FROM_ANY_SITE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
MEDIA_TYPES = frozenset({"", "text/plain", "application/json"})


@cache
def script() -> tuple[bytes, str]:
    """And its ETag."""
    content = served()
    return content, f'"{hashlib.sha256(content).hexdigest()[:20]}"'


@transaction.non_atomic_requests
@require_safe
@cache_control(public=True, max_age=3600)
@etag(lambda _: script()[1])
def snippet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(script()[0], content_type="text/javascript; charset=utf-8", headers=FROM_ANY_SITE)


@transaction.non_atomic_requests
@csrf_exempt
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def visit(request: HttpRequest, public_key: str) -> HttpResponse:
    """Answers 204 whatever became of it, unless what was sent, or whence, is wrong: nobody learns who is known here."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=FROM_ANY_SITE | PREFLIGHT)
    try:
        with translation.override("en"):
            _take(request, public_key)
    except ApiError as error:
        body = error_body(error.code, error.message, param=error.param)
        wait = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return JsonResponse(body, status=error.status_code, headers=FROM_ANY_SITE | wait)
    return HttpResponse(status=204, headers=FROM_ANY_SITE)


def _take(request: HttpRequest, public_key: str) -> None:
    """Raises ApiError. Nothing is read from the visitor while a transaction is open."""
    take_tokens(
        f"visits:from:{connection_of(request)}",
        rate=settings.VISITS_PER_SECOND_OF_CONNECTION,
        burst=settings.VISITS_BURST_OF_CONNECTION,
    ).refuse_if_spent()
    workspace = get_object_or_404(Workspace, public_key=public_key)
    body = _body_of(request)
    if not is_machine(request.headers) and not _is_opposed(request):
        _tell(workspace, body, request.headers.get("Origin", ""))


def _tell(workspace: Workspace, body: bytes, origin: str) -> None:
    """Raises ApiError. That the site was heard is noted also then, unless nobody listens at all."""
    beacon = read_beacon(body)
    try:
        with workspace_scope(workspace, actor="visitor"):
            actions.tell_visit(beacon, origin=origin)
    except ApiError as error:
        if error.code != "website_off":
            _note(workspace, origin, is_taken=error.code != "site_not_allowed")
        raise
    _note(workspace, origin, is_taken=True)


def _note(workspace: Workspace, origin: str, *, is_taken: bool) -> None:
    if actions.sighting_is_due(workspace, origin, is_taken=is_taken):
        with workspace_scope(workspace, actor="visitor"):
            actions.note_sighting(origin)


def _is_opposed(request: HttpRequest) -> bool:
    """Whether the visitor's browser asks not to be tracked (Global Privacy Control, Do Not Track)."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def _body_of(request: HttpRequest) -> bytes:
    if request.content_type not in MEDIA_TYPES or request.headers.get("Content-Encoding", "identity") != "identity":
        raise ApiError("unsupported_media_type", "Send JSON as text/plain or application/json, not compressed.")
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > LARGEST_BEACON:
        raise ApiError("body_too_large", f"The body has {length:,} bytes; at most {LARGEST_BEACON:,} are taken.")
    return request.body
