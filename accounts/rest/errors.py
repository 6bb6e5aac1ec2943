"""Every error of the API in one shape: `{error: {type, code, message, param, doc_url}}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException, ErrorDetail

DOCS_PATH = "/api/v1/docs/errors"


@dataclass(frozen=True)
class ErrorCode:
    """`advice` is what the documentation of errors says to do about it."""

    status: int
    type: str
    advice: str


AUTHENTICATION = "authentication_error"
PERMISSION = "permission_error"
INVALID = "invalid_request_error"
IDEMPOTENCY = "idempotency_error"
RATE = "rate_limit_error"
SERVER = "api_error"

ERROR_CODES = {
    "bad_request": ErrorCode(400, INVALID, "Something in the request line or its headers cannot be understood."),
    "invalid_json": ErrorCode(400, INVALID, "Send one JSON document in UTF-8, nested at most a few levels deep."),
    "missing_api_key": ErrorCode(401, AUTHENTICATION, "Send the header `Authorization: Bearer rk_…`."),
    "invalid_api_key": ErrorCode(401, AUTHENTICATION, "The key is wrong, expired or revoked. Make a new one."),
    "missing_scope": ErrorCode(403, PERMISSION, "Use a key with the scope that the message names."),
    "website_off": ErrorCode(403, PERMISSION, "Switch the snippet on, in the workspace's settings under Website."),
    "site_not_allowed": ErrorCode(403, PERMISSION, "Name the site that the page is on, in the settings under Website."),
    "not_found": ErrorCode(404, INVALID, "The address or the id is wrong, or it belongs to another workspace."),
    "method_not_allowed": ErrorCode(405, INVALID, "Use one of the methods in the header `Allow`."),
    "not_acceptable": ErrorCode(406, INVALID, "The API answers JSON: accept `application/json`."),
    "conflict": ErrorCode(409, INVALID, "The name, address or number is taken, or the state forbids it."),
    "busy": ErrorCode(409, INVALID, "Another request is changing the same thing. Send it again in a moment."),
    "idempotency_key_in_progress": ErrorCode(
        409, IDEMPOTENCY, "The first request with this key is still running. Send it again in a moment."
    ),
    "answer_erased": ErrorCode(
        410,
        IDEMPOTENCY,
        "The first answer is 30 days old, or named a person who was erased since. It was not done a second time.",
    ),
    "body_too_large": ErrorCode(413, INVALID, "Split the request into smaller ones."),
    "unsupported_media_type": ErrorCode(415, INVALID, "Send `Content-Type: application/json`, not compressed."),
    "invalid_value": ErrorCode(422, INVALID, "The value of `param` is not what the field takes; the message says why."),
    "missing_field": ErrorCode(422, INVALID, "Send the field that `param` names."),
    "wrong_signature": ErrorCode(
        422, INVALID, "Sign the customer's id on your server, with the identity secret that is in force."
    ),
    "unknown_field": ErrorCode(422, INVALID, "Remove the field that `param` names, or correct its spelling."),
    "unknown_parameter": ErrorCode(422, INVALID, "Remove the query parameter, or correct its spelling."),
    "unknown_reference": ErrorCode(422, INVALID, "The id in `param` names nothing in this workspace."),
    "idempotency_key_invalid": ErrorCode(422, IDEMPOTENCY, "Send 1 to 255 printable ASCII characters."),
    "idempotency_key_reused": ErrorCode(422, IDEMPOTENCY, "Use a new key for a new request; repeat the body to retry."),
    "rate_limited": ErrorCode(429, RATE, "Wait as many seconds as the header `Retry-After` says."),
    "internal_error": ErrorCode(500, SERVER, "Nothing was changed. Send it again, with an Idempotency-Key."),
    "timed_out": ErrorCode(503, SERVER, "Nothing was changed. Send it again in a moment, or ask for less at once."),
    "unavailable": ErrorCode(503, SERVER, "Send it again in a moment."),
}

CODE_OF_STATUS = {
    400: "bad_request",
    401: "missing_api_key",
    403: "missing_scope",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_value",
    429: "rate_limited",
    503: "unavailable",
}


class ApiError(APIException):
    """A refusal in the words of the API. The status follows from the code; `retry_after` is in seconds."""

    def __init__(self, code: str, message: str, *, param: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message, code)
        self.code, self.message, self.param, self.retry_after = code, message, param, retry_after
        self.status_code = ERROR_CODES[code].status


def error_body(code: str, message: str, *, param: str | None = None) -> dict[str, Any]:
    return {"error": error_fields(code, message, param=param)}


def error_fields(code: str, message: str, *, param: str | None = None) -> dict[str, str | None]:
    return {
        "type": ERROR_CODES[code].type,
        "code": code,
        "message": message,
        "param": param,
        "doc_url": f"{settings.PUBLIC_URL}{DOCS_PATH}#{code}",
    }


# What DRF calls the failures of a field, where it differs from what we call them.
_FIELD_CODES = {"required": "missing_field"}


def first_error(detail: Any) -> ApiError:
    """A validation error lists everything; the caller is told the first, with the path to its field."""
    otherwise = ErrorDetail("The body is not what this address takes.", "invalid_value")
    param, error = next(_flattened(detail), ("", otherwise))
    code = _FIELD_CODES.get(str(error.code), str(error.code))
    return ApiError(code if code in ERROR_CODES else "invalid_value", str(error), param=param or None)


def _flattened(detail: Any, path: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flattened(inner, _below(path, name))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            yield from _flattened(inner, path if isinstance(inner, ErrorDetail) else f"{path}[{position}]")
    else:
        yield path, detail


def _below(path: str, name: str | int) -> str:
    """DRF numbers the items of a list field, and names what belongs to no field."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else name
