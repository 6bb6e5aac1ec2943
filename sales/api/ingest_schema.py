"""What the OpenAPI schema says of the calls that DRF knows nothing of."""

from __future__ import annotations

from typing import Any

from accounts.api_keys import ApiScope
from accounts.rest.schema import IDEMPOTENCY_KEY, error_responses
from sales.ingesting.calls import KINDS, LARGEST_BATCH, LARGEST_CALL, LONGEST_ID, LONGEST_NAME, MOST_CALLS

Schema = dict[str, Any]

_TAG = "ingestion"
_STATUSES = (400, 401, 403, 405, 409, 410, 413, 415, 422, 429)
_ID: Schema = {"oneOf": [{"type": "string", "maxLength": LONGEST_ID}, {"type": "integer"}], "nullable": True}
_OBJECT: Schema = {"type": "object", "additionalProperties": True, "nullable": True}
_INSTANT: Schema = {"type": "string", "format": "date-time", "nullable": True}
_NAME: Schema = {"type": "string", "maxLength": LONGEST_NAME, "nullable": True}

_OF_ANY: Schema = {
    "userId": {**_ID, "description": "What you call the customer. One of `userId` and `anonymousId` must be there."},
    "anonymousId": {**_ID, "description": "What your pages call a visitor."},
    "messageId": {**_ID, "description": "Yours, one for each call. Told twice, it has its effect once, for ever."},
    "timestamp": {**_INSTANT, "description": "When it happened; now, unless it is said. Never in the future."},
    "sentAt": {**_INSTANT, "description": "Your clock when you sent it: if that is off, `timestamp` is put right."},
}
_OWN: dict[str, Schema] = {
    "identify": {"traits": {**_OBJECT, "description": "Who it is; names as below, all others become attributes."}},
    "track": {
        "event": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "description": "What happened."},
        "properties": {**_OBJECT, "description": "About it. Of `Order Completed` and the events of carts, the sale."},
    },
    "page": {
        "name": _NAME,
        "category": _NAME,
        "properties": {**_OBJECT, "description": "`path` or `url`; what follows the path is not kept."},
    },
    "alias": {"previousId": {**_ID, "nullable": False, "description": "The id that is the same person's."}},
}
_REQUIRED = {"track": ["event"], "alias": ["userId", "previousId"]}
_WORDS = {
    "identify": (
        "Say who somebody is",
        (
            "Adds the customer of a `userId` or changes them; a visitor with an `anonymousId` becomes who they are. "
            "`traits` may hold name, firstName, lastName, email, phone, birthday, language, locale, timezone, "
            "createdAt and address (street, city, postalCode, country); any other plain value becomes an attribute."
        ),
    ),
    "track": (
        "Say what somebody did",
        (
            "Any event, under your own name. `Order Completed` places an order; `Cart Updated`, `Checkout Started`, "
            "`Product Added` and `Product Removed` say what is in a cart, `Product Viewed` what was looked at."
        ),
    ),
    "page": ("Say which page somebody looked at", "Also of visitors whom nobody knows yet."),
    "alias": (
        "Say that two ids are one person",
        "A visitor is merged into the customer whom they turned out to be; two customers are merged by staff alone.",
    ),
    "batch": (
        f"Send up to {MOST_CALLS:,} calls at once",
        (
            f"At most {LARGEST_BATCH // 1000} kB, and {LARGEST_CALL // 1024} KiB each call. One that can't be taken "
            "stops no other: `errors` lists each of those by its place in the batch; all others have had their effect."
        ),
    ),
}


def ingestion_paths() -> dict[str, Schema]:
    return {f"/api/v1/{kind}": {"post": _operation(kind)} for kind in (*KINDS, "batch")}


def ingestion_schemas() -> dict[str, Schema]:
    calls = {f"{kind.title()}Call": _call(kind) for kind in KINDS}
    return {**calls, "Batch": _batch(), "Ingestion": _ANSWER, "RefusedCall": _REFUSED}


def _operation(kind: str) -> Schema:
    summary, description = _WORDS[kind]
    name = "Batch" if kind == "batch" else f"{kind.title()}Call"
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Ingestion"}}}
    return {
        "operationId": kind,
        "summary": summary,
        "description": f"{description} Scope: `{ApiScope.EVENTS_WRITE}`.",
        "tags": [_TAG],
        "security": [{"apiKey": []}, {"writeKey": []}],
        "parameters": [IDEMPOTENCY_KEY],
        "requestBody": {"content": body, "required": True},
        "responses": {"202": {"description": "Kept durably.", "content": answer}, **error_responses(_STATUSES)},
    }


def _call(kind: str) -> Schema:
    call: Schema = {"type": "object", "properties": {**_OF_ANY, **_OWN[kind]}}
    return {**call, "required": _REQUIRED[kind]} if kind in _REQUIRED else call


def _batch() -> Schema:
    kinds = {"type": {"type": "string", "enum": list(KINDS)}}
    of_all = {name: schema for own in _OWN.values() for name, schema in own.items()}
    call = {"type": "object", "properties": {**kinds, **_OF_ANY, **of_all}, "required": ["type"]}
    calls = {"type": "array", "minItems": 1, "maxItems": MOST_CALLS, "items": call}
    return {"type": "object", "properties": {"batch": calls, "sentAt": _OF_ANY["sentAt"]}, "required": ["batch"]}


_REFUSED: Schema = {
    "allOf": [
        {
            "type": "object",
            "properties": {"index": {"type": "integer", "description": "The call's place in the batch, from 0."}},
            "required": ["index"],
        },
        {"$ref": "#/components/schemas/Error"},
    ]
}
_ANSWER: Schema = {
    "type": "object",
    "properties": {
        "accepted": {"type": "integer", "description": "Calls that had their effect now."},
        "duplicates": {"type": "integer", "description": "Calls whose `messageId` had its effect before."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/RefusedCall"}},
    },
    "required": ["accepted", "duplicates", "errors"],
}


def write_key_scheme() -> Schema:
    """The other way to send a key, for these calls alone."""
    words = "As Segment's libraries send it: the key as user name, no password."
    return {"writeKey": {"type": "http", "scheme": "basic", "description": words}}
