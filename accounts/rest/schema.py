"""What the OpenAPI schema says of keys, pages, scopes and errors, from what the views say of themselves.

Imported when the app is ready: drf-spectacular finds extensions by import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from accounts.rest.errors import ERROR_CODES
from accounts.rest.views import EXPAND, ResourceViewSet

Schema = dict[str, Any]

# Of methods without a docstring.
_VERBS = {"list": "List {}s", "retrieve": "Show {a} {}", "create": "Add {a} {}", "partial_update": "Change {a} {}"}
# What any request with a key may be answered.
_ALWAYS = (400, 401, 403, 429)
_OF_ONE = (404,)
_OF_READING = (406, 422)
_OF_WRITING = (406, 409, 413, 415, 422)
_OF_POSTING = (410,)

IDEMPOTENCY_KEY: Schema = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text of yours that names this request: sent again with it, it has no second effect.",
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers subclasses untyped
    target_class = "accounts.api_authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key of the workspace's settings: `rk_…`."}


class ResourceSchema(AutoSchema):
    """An operation's summary is the first sentence of its docstring, the rest its description."""

    view: ResourceViewSet  # type: ignore[override]  # no other kind of view is described by it

    def get_summary(self) -> str:
        noun = self.get_tags()[0].removesuffix("s")
        article = "an" if noun[0] in "aeiou" else "a"
        return self._words[0].removesuffix(".") or _VERBS[self.view.action].format(noun, a=article)

    def get_description(self) -> str:  # type: ignore[override]  # DRF's own, which is another, has arguments
        scope = self.view.scope_for(self.method)
        return " ".join(word for word in (*self._words[1:], f"Scope: `{scope}`.") if word)

    @property
    def _words(self) -> list[str]:
        """The docstring of the method itself: what its class says is for programmers of ours."""
        words = getattr(self.view, self.view.action).__doc__ or ""
        first, dot, rest = " ".join(words.split()).partition(". ")
        return [first, rest] if dot else [first]

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if self._is_paged:
            is_list = self.view.action == "list"
            parameters.append(self.view.query_class if is_list else ResourceViewSet.query_class)
        if self.view.expansions and self.method == "GET" and self.view.action in {"list", "retrieve"}:
            names = sorted(self.view.expansions)
            words = "Answer these as whole rows instead of ids. Each needs its own scope to read."
            parameters.append(OpenApiParameter(EXPAND, str, many=True, enum=names, description=words))
        return parameters

    @property
    def _is_paged(self) -> bool:
        """A list, or the rows that belong to one: whatever answers many."""
        return bool(self.method == "GET" and self.view.action not in {"retrieve", "report"})

    def get_operation(self, *args: Any) -> Schema | None:
        operation: Schema | None = super().get_operation(*args)
        if operation is None:
            return None
        responses = operation["responses"]
        if self._is_paged:
            content = responses["200"]["content"]["application/json"]
            content["schema"] = page_of(content["schema"]["items"])
        if self.view.action == "destroy":
            responses.pop("204")
            responses["200"] = self._get_response_for_code(self.view.get_serializer(), "200")  # type: ignore[no-untyped-call]
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                parameter.update({"schema": {"type": "string"}, "description": "What an answer calls `id`."})
        if self.method == "POST":
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        responses |= error_responses(statuses_of(self.method, has_id="{id}" in self.path))
        for status, response in responses.items():
            response.setdefault("description", "")
            if "$ref" not in response:
                response["description"] = HTTPStatus(int(status)).phrase
        return operation


def page_of(row: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": row},
            "has_more": {"type": "boolean"},
            "next_cursor": {"type": "string", "nullable": True, "description": "Send it as `cursor` for the next."},
        },
        "required": ["data", "has_more", "next_cursor"],
    }


def statuses_of(method: str, *, has_id: bool) -> tuple[int, ...]:
    """With which statuses, beside its own, a method may be answered."""
    of_method = _OF_READING if method == "GET" else _OF_WRITING
    return (*_ALWAYS, *(_OF_ONE if has_id else ()), *of_method, *(_OF_POSTING if method == "POST" else ()))


def error_responses(statuses: Iterable[int]) -> dict[str, Schema]:
    return {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in sorted(statuses)}


def error_components() -> Mapping[str, Any]:
    """The shape of errors, and for each status the codes that it stands for."""
    text = {"type": "string"}
    error = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": sorted({code.type for code in ERROR_CODES.values()})},
            "code": {"type": "string", "enum": list(ERROR_CODES)},
            "message": {**text, "description": "For the programmer who reads it."},
            "param": {**text, "nullable": True, "description": "The path of the field that is wrong."},
            "doc_url": {**text, "format": "uri"},
        },
        "required": ["type", "code", "message", "param", "doc_url"],
    }
    answer = {"type": "object", "properties": {"error": {"$ref": "#/components/schemas/Error"}}, "required": ["error"]}
    statuses = sorted({code.status for code in ERROR_CODES.values()})
    return {
        "schemas": {"Error": error, "ErrorAnswer": answer},
        "responses": {f"Error{status}": _error_response(status) for status in statuses},
    }


def _error_response(status: int) -> Schema:
    codes = {name: code for name, code in ERROR_CODES.items() if code.status == status}
    response: Schema = {
        "description": " ".join(f"`{name}`: {code.advice}" for name, code in codes.items()),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = {"description": "Seconds until there is something left.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": seconds}
    return response
