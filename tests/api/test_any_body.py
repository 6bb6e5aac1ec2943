"""Whatever is posted, the answer is one that the schema describes, and never a fault of ours."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.public_ids import encode_id
from crm.openapi.examples import EXAMPLES
from tests.api.conftest import PREFIX, ApiClient
from tests.api.operations import MADE, OPERATIONS

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["2026-03-02T09:30:00Z", "0001-01-01T00:00:00Z", "2026-02-30", "cus_UkLWZg9D", "EUR", "x" * 400]),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for name, inner in pairs for deeper in paths_of(inner, (*path, name)))]


@st.composite
def bodies(draw: st.DrawFn, example: dict[str, Any]) -> Any:
    """The example with one part of it replaced, or something else altogether."""
    path = draw(st.sampled_from(paths_of(example)))
    if not path:
        return draw(ANYTHING)
    body = copy.deepcopy(example)
    holder: Any = body
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = draw(ANYTHING)
    return body


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_any_body_gets_an_answer_that_is_described(shop: ApiClient, name: str) -> None:
    method, path, operation = OPERATIONS[name]
    address = path.removeprefix(PREFIX)
    if "{id}" in address:
        prefix, make = MADE[operation["tags"][0]]
        address = address.replace("{id}", encode_id(prefix, make().pk))

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies(EXAMPLES[name]))
    def post(body: Any) -> None:
        response = shop.send(method, address, body)
        assert str(response.status_code) in operation["responses"], response.content

    post()
