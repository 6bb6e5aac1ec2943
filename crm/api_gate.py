"""The way into `/api/v1/`: who asks, how often, how much. Then the workspace's scope opens, and not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.api_keys import workspace_key_of
from accounts.models import ApiKey
from accounts.rest.errors import ApiError
from accounts.scope import workspace_scope
from accounts.token_buckets import Allowance, take_tokens
from crm.api_errors import error_response
from crm.api_handler import ApiHandler
from crm.api_idempotency import answer_once
from crm.api_together import answer_together
from sales.api import ingest

API_PATH = "/api/v1/"
# What a browser may read without a key: the documentation.
OPEN_PATHS = ("/api/v1/docs/", "/api/v1/schema")
# Where Segment's libraries send their calls, and the key in their way.
SEGMENTS_PATHS = frozenset(f"{API_PATH}{name}" for name in ingest.VIEWS)
# Of an answer that is no page: nothing in it may run, and nothing may frame it.
_HEADERS = {"X-Frame-Options": "DENY", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class ApiGateMiddleware:
    """Takes programs past the middleware of pages, which was a sixth of what one event costs.

    Nothing is read from the caller, and nothing asked of the network, while the scope's transaction is open.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer_page = get_response
        self._answer_program = ApiHandler().answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(API_PATH) or path.startswith(OPEN_PATHS):
            return self._answer_page(request)
        request.get_host()  # raises for a host that is not ours
        response = answer_together(request) or self._admit(request)
        return _with(response, {**_HEADERS, "Content-Length": str(len(response.content))})

    def _admit(self, request: HttpRequest) -> HttpResponse:
        try:
            key = _key_of(request)
        except ApiError as error:
            return error_response(error, headers={"WWW-Authenticate": 'Bearer realm="Rapport API"'})
        # Who could not go along with others after all has taken its token.
        allowance = getattr(request, "allowance", None) or take_tokens(f"key:{key.pk}")
        return _with(self._answer(request, key, allowance), allowance.headers())

    def _answer(self, request: HttpRequest, key: ApiKey, allowance: Allowance) -> HttpResponse:
        try:
            allowance.refuse_if_spent()
            _read_body(request)
        except ApiError as error:
            return error_response(error)
        request.api_key = key  # type: ignore[attr-defined]
        request.workspace = key.workspace  # type: ignore[attr-defined]
        # Messages are for programmers, in one language, whatever the caller's library says it accepts.
        with translation.override("en"), workspace_scope(key.workspace, actor=f"key:{key.pk}"):
            return answer_once(request, self._answer_program)


def _with(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


def _key_of(request: HttpRequest) -> ApiKey:
    if not request.headers.get("Authorization"):
        raise ApiError("missing_api_key", "Send your API key: `Authorization: Bearer rk_…`.")
    key = workspace_key_of(request, takes_basic=request.path_info in SEGMENTS_PATHS)
    if key is None:
        raise ApiError("invalid_api_key", "This API key is wrong, expired or revoked.")
    return key


def _read_body(request: HttpRequest) -> None:
    """Read all of it now: a slow caller must not hold a transaction open."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ApiError("unsupported_media_type", "Send the body uncompressed.")
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise ApiError("bad_request", "Send the body with its Content-Length, not in chunks.")
    length, most = int(request.META.get("CONTENT_LENGTH") or 0), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length > most:
        raise ApiError("body_too_large", f"The body has {length:,} bytes; at most {most:,} are taken.")
    _ = request.body
