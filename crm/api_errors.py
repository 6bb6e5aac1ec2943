"""Whatever goes wrong below `/api/` answers in the one shape of errors, wherever it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.public_ids import encode_id
from accounts.rest.errors import CODE_OF_STATUS, ERROR_CODES, ApiError, error_body, first_error
from crm.database_trouble import is_given_up, is_in_the_way
from customers.api.serializers import PREFIX as CUSTOMER
from customers.refusals import CustomerGone, EmailTaken, ExternalIdTaken, Refused, SegmentInUse, SegmentTaken
from customers.segments.definitions import DefinitionRefused
from messaging.refusals import (
    CampaignUnderWay,
    FlowNameTaken,
    FlowNotReady,
    GreetedOtherwise,
    NeedsAnotherPerson,
    WrongMoment,
)
from sales.refusals import KeyReused, LineRefused, NumberTaken, OrderClosed, RefundTooLarge, SkuTaken

API_PREFIX = "/api/"
# Seconds after which another attempt may well do it.
_RETRY_AFTER = {"busy": 1, "idempotency_key_in_progress": 1, "timed_out": 10}

# What the rooms refuse because of how things stand, and not because of what was sent.
_CONFLICTS: tuple[type[Refused], ...] = (
    CampaignUnderWay,
    CustomerGone,
    EmailTaken,
    ExternalIdTaken,
    FlowNameTaken,
    FlowNotReady,
    GreetedOtherwise,
    KeyReused,
    NeedsAnotherPerson,
    NumberTaken,
    OrderClosed,
    RefundTooLarge,
    SegmentInUse,
    SegmentTaken,
    SkuTaken,
    WrongMoment,
)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """For DRF. What is not meant for the caller stays an exception: Django logs it and answers 500."""
    error = as_api_error(exc)
    if error is None:
        return None
    set_rollback()
    headers = {}
    if isinstance(exc, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if wait := getattr(exc, "wait", None) or error.retry_after or _RETRY_AFTER.get(error.code):
        headers["Retry-After"] = str(int(wait))
    response = Response(error_body(error.code, error.message, param=error.param), status=error.status_code)
    for name, value in headers.items():
        response[name] = value
    return response


def as_api_error(exc: Exception) -> ApiError | None:
    """The refusal that an exception amounts to; None for a fault of ours."""
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, Refused):
        return _refusal(exc)
    if isinstance(exc, DefinitionRefused):
        return ApiError("invalid_value", str(exc), param=f"definition.{exc.path}".removesuffix("."))
    if isinstance(exc, exceptions.ValidationError):
        return first_error(exc.detail)
    if isinstance(exc, exceptions.APIException):
        return ApiError(CODE_OF_STATUS.get(exc.status_code, "bad_request"), first_error(exc.detail).message)
    return _django_error(exc)


def _django_error(exc: Exception) -> ApiError | None:
    if isinstance(exc, Http404):
        return ApiError("not_found", str(exc) or _MESSAGES["not_found"])
    if isinstance(exc, PermissionDenied):
        return ApiError("missing_scope", str(exc) or "This key may not do that.")
    if isinstance(exc, RequestDataTooBig):
        return ApiError("body_too_large", _MESSAGES["body_too_large"])
    if is_in_the_way(exc):
        return ApiError("busy", "Another request is changing the same thing. Send it again in a moment.")
    if is_given_up(exc):
        return ApiError("timed_out", "This took too long, and nothing was changed. Send it again in a moment.")
    return None


def _refusal(exc: Refused) -> ApiError:
    param = exc.field or None
    if isinstance(exc, EmailTaken | ExternalIdTaken):
        # By id: whoever may only write customers is not told the name of one.
        holder = encode_id(CUSTOMER, exc.customer.pk)
        what = "e-mail address" if isinstance(exc, EmailTaken) else "external id"
        return ApiError("conflict", f"The customer {holder} already has this {what}.", param=param)
    if isinstance(exc, LineRefused) and exc.position is not None:
        param = f"lines[{exc.position - 1}]"
    return ApiError("conflict" if isinstance(exc, _CONFLICTS) else "invalid_value", str(exc), param=param)


def error_response(error: ApiError, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An error outside DRF."""
    body = error_body(error.code, error.message, param=error.param)
    told = dict(headers or {})
    if wait := error.retry_after or _RETRY_AFTER.get(error.code):
        told["Retry-After"] = str(wait)
    return JsonResponse(body, status=error.status_code, headers=told)


def refusal_of(exception: Exception) -> HttpResponse | None:
    """The answer to a view outside DRF that raised; None for a fault of ours. What it wrote is taken back already."""
    error = as_api_error(exception)
    return error_response(error) if error else None


class ApiErrorMiddleware:
    """Stands outermost: an error page that Django or another middleware made becomes an error of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if is_error and request.path_info.startswith(API_PREFIX) and not _is_json(response):
            return _converted(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """For the documentation, which pages answer; for everything else `ApiHandler` asks."""
        return refusal_of(exception) if request.path_info.startswith(API_PREFIX) else None


def _converted(page: HttpResponse) -> HttpResponse:
    is_ours = page.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    code = CODE_OF_STATUS.get(page.status_code, "internal_error" if is_ours else "bad_request")
    headers = {name: page[name] for name in ("Allow", "Retry-After") if name in page}
    return error_response(ApiError(code, _MESSAGES.get(code, ERROR_CODES[code].advice)), headers=headers)


_MESSAGES = {
    "not_found": "There is nothing at this address.",
    "internal_error": "Something failed on our side, and nothing was changed.",
    "method_not_allowed": "This address does not take that method.",
    "body_too_large": "The body is too large.",
}


def _is_json(response: HttpResponse) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("application/json")
