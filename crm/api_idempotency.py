"""A POST with an `Idempotency-Key` has its effect once; a retry gets the first answer.

The key's row is inserted first, in the transaction of the effect: a crash takes both back, a concurrent retry waits for
the row and then reads the answer in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import ApiKey, IdempotencyKey
from accounts.rest.errors import ERROR_CODES, ApiError
from accounts.scope import current_workspace_id
from crm.api_errors import error_response
from crm.database_trouble import LOCK_NOT_AVAILABLE

HEADER = "Idempotency-Key"
LONGEST = 255
WAIT = "2s"
"""How long a retry waits for the first request to end before it is told to come back."""

# The answer says "not now" and not "no": the next attempt may well do it.
_TRANSIENT = ("busy",)

Answer = Callable[[HttpRequest], HttpResponse]


def answer_once(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The answer to the request, or the stored one of its first time. Runs in the workspace's scope."""
    if request.method != "POST" or HEADER not in request.headers:
        return answer(request)
    try:
        key = stored_as(_checked(request.headers[HEADER]))
        fingerprint = fingerprint_of(request)
        if not claim(key, route=request.path_info, fingerprint=fingerprint):
            return _replay(IdempotencyKey.objects.get(key=key), fingerprint)
    except ApiError as error:
        return error_response(error)
    # Whatever the view takes back, its key stays.
    with transaction.atomic():
        response = answer(request)
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or _is_transient(response):
        IdempotencyKey.objects.filter(key=key).delete()
    else:
        IdempotencyKey.objects.filter(key=key).update(status=response.status_code, body=response.content.decode())
    return response


def stored_as(key: str) -> str:
    """A caller may have made the key of somebody's name or address: what is kept for ever must not tell it."""
    return hashlib.sha256(key.encode()).hexdigest()


def claim(key: str, *, route: str, fingerprint: str) -> bool:
    """Whether the key is new. Waits for another transaction that has just used it; raises ApiError after WAIT."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", [WAIT])
            cursor.execute(
                """insert into accounts_idempotencykey (workspace_id, key, route, fingerprint, body, created_at)
                   values (%s, %s, %s, %s, '', now()) on conflict (workspace_id, key) do nothing""",
                [current_workspace_id(), key, route[:200], fingerprint],
            )
            is_new: bool = cursor.rowcount == 1
            cursor.execute("set local lock_timeout to default")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        raise ApiError(
            "idempotency_key_in_progress", "The first request with this Idempotency-Key is still running."
        ) from None
    return is_new


def fingerprint_of(request: HttpRequest) -> str:
    """What makes a retry the same request: who asks what of which address. The order of fields does not count."""
    api_key: ApiKey = request.api_key  # type: ignore[attr-defined]
    digest = hashlib.sha256(f"{api_key.pk} {request.method} {request.get_full_path()}\n".encode())
    digest.update(_canonical(request.body))
    return digest.hexdigest()


def _canonical(body: bytes) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (ValueError, RecursionError):
        return body


def _checked(key: str) -> str:
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise ApiError("idempotency_key_invalid", f"An Idempotency-Key is 1 to {LONGEST} printable ASCII characters.")
    return key


def _replay(first: IdempotencyKey, fingerprint: str) -> HttpResponse:
    if first.fingerprint != fingerprint:
        raise ApiError("idempotency_key_reused", "This Idempotency-Key was used for another request.")
    if not first.body:
        raise ApiError("answer_erased", "This was done before, and the answer to it is not kept any more.")
    response = HttpResponse(first.body, status=first.status or 200, content_type="application/json")
    response["Idempotent-Replayed"] = "true"
    return response


def _is_transient(response: HttpResponse) -> bool:
    if response.status_code != ERROR_CODES["busy"].status:
        return False
    error: dict[str, str] = msgspec.json.decode(response.content)["error"]
    return error["code"] in _TRANSIENT
