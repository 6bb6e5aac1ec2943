"""Every form of a workspace with every field missing, or far too long, or odd: a clear refusal or a good answer.

Never an error of ours (the browser raises those), and whatever is refused has written nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.models import Role
from tests.architecture.access.street import ROWS, Street, address, made, send, undone

MEGABYTE = "x" * 1_000_000
# For all fields at once: they pass or not, but nothing may trip over them.
ODD = ["a\0b", "9" * 40, "-1", "{% secret %}<script>alert(1)</script>", "\u202eخبز 🥐", "2026-02-30"]
# How a page says no: at the field, above the form, or as a notice of its own.
SAYS_NO = re.compile(r"invalid-feedback|error-summary|notice-error|notice-warning|alert-danger")
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"')
# The lines of an order are all alike.
LATER_LINE = re.compile(r"-[1-9][0-9]*-")
WRITING = sorted(name for name, row in ROWS.items() if row.post)


def filled_badly(data: Mapping[str, Any], shown: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is posted, with what to call it: each field in turn missing or too long, and all of them odd."""
    for field in data:
        yield f"without {field}", {name: value for name, value in data.items() if name != field}
    for field in {**data, **dict.fromkeys(sorted(shown))}:
        yield f"{field} of 1 MB", {**data, field: MEGABYTE}
    yield "without any field", {}
    for odd in ODD:
        yield f"{odd!r} everywhere", dict.fromkeys({*data, *shown}, odd)


def fields_of(street: Street, name: str) -> set[str]:
    """The fields that the page shows: also those that a valid request leaves out."""
    row = ROWS[name]
    if not row.get:
        return set()
    with undone():
        kwargs, _ = made(street, row, street.bakery)
        page = send(street.browser(street.members[Role.OWNER]), "get", address(name, row, kwargs), None)
    names = {*FIELD.findall(page.content.decode())} - {"csrfmiddlewaretoken"}
    return {name for name in names if not LATER_LINE.search(name)}


@pytest.mark.parametrize("name", WRITING)
def test_bad_input_is_refused_clearly_or_taken(street: Street, name: str) -> None:
    row, owner = ROWS[name], street.browser(street.members[Role.OWNER])
    shown = fields_of(street, name)
    with undone():
        kwargs, data = made(street, row, street.bakery)
        before = street.fingerprint()
        for what, bad in filled_badly(data, shown):
            with undone():
                response = send(owner, "post", address(name, row, kwargs), bad)
                if response.status_code in row.done:
                    continue
                assert response.status_code in {400, 404, 409, 413, 422}, f"{what}: {response.status_code}"
                assert SAYS_NO.search(response.content.decode()), f"{what}: no word of what is wrong"
                assert street.fingerprint() == before, f"{what}: something was written"
