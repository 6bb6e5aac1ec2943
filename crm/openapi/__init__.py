"""The last hand on the OpenAPI schema: what DRF knows nothing of, the shape of errors, an example of each request."""

from __future__ import annotations

from typing import Any

from accounts.rest.schema import Schema, error_components
from crm.openapi.examples import EXAMPLES
from sales.api.ingest_schema import ingestion_paths, ingestion_schemas, write_key_scheme

_TAGS = {
    "ingestion": "What people did and who they are, as your site and shop tell it.",
    "consents": "Who agreed to hear from you, and who no longer does.",
    "customers": "Who they are.",
    "templates": "Texts for campaigns and flows, put together from blocks.",
    "segments": "Customers who have something in common, by a rule or by hand.",
    "campaigns": "One message to many of them.",
    "orders": "What they bought.",
    "products": "What you sell.",
    "carts": "What they were about to buy.",
    "messages": "What you wrote to them.",
    "flows": "What happens to them by itself.",
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:  # noqa: FBT001  drf-spectacular's
    result["paths"] = {**ingestion_paths(), **result["paths"]}
    components = result["components"]
    errors = error_components()
    components["schemas"] = {**components["schemas"], **ingestion_schemas(), **errors["schemas"]}
    components["securitySchemes"] |= write_key_scheme()
    components["responses"] = errors["responses"]
    operations = [operation for methods in result["paths"].values() for operation in methods.values()]
    for operation in operations:
        _add_example(operation)
    used = {tag for operation in operations for tag in operation["tags"]}
    result["tags"] = [{"name": name, "description": words} for name, words in _TAGS.items() if name in used]
    return result


def _add_example(operation: Schema) -> None:
    if body := operation.get("requestBody"):
        body["content"]["application/json"]["example"] = EXAMPLES[operation["operationId"]]
