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
# Of a megabyte each, all fields at once would be refused for the size of the request.
LONG = "x" * 10_000
# For all fields at once: they pass or not, but nothing may trip over them.
ODD = ["a\0b", "9" * 40, "\u202eخبز 🥐 {% secret %}<script>alert(1)</script>", "2026-02-30"]
# How a page says no: at the field, above the form, or as a notice of its own.
SAYS_NO = re.compile(r"invalid-feedback|error-summary|notice-error|notice-warning|alert-danger")
# What is typed: of a choice the form knows all values.
FIELD = re.compile(r'<(?:input|textarea)\b(?![^>]*\btype="(?:checkbox|radio|submit)")[^>]*\bname="([^"]+)"')
REFUSED = re.compile(r'<(?=[^>]*(?:\bis-invalid\b|aria-invalid="true"))[^>]*\bname="([^"]+)"')
# The lines of an order are all alike.
LATER_LINE = re.compile(r"-[1-9][0-9]*-")
WRITING = sorted(name for name, row in ROWS.items() if row.post)


def filled_badly(data: Mapping[str, Any], fields: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is posted, with what to call it: each field in turn missing, and all of them missing, too long or odd."""
    for field in data:
        yield f"without {field}", {name: value for name, value in data.items() if name != field}
    yield "without any field", {}
    for odd in (*ODD, LONG):
        yield f"{odd[:20]!r} everywhere", dict.fromkeys(fields, odd)


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

        def refused_by(what: str, bad: Mapping[str, Any]) -> set[str]:
            """The fields at which the page said so."""
            with undone():
                response = send(owner, "post", address(name, row, kwargs), bad)
                if response.status_code in row.done:
                    return set()
                page = response.content.decode()
                assert response.status_code in {400, 404, 409, 413, 422}, f"{what}: {response.status_code}"
                assert SAYS_NO.search(page), f"{what}: no word of what is wrong"
                assert street.fingerprint() == before, f"{what}: something was written"
                return {*REFUSED.findall(page)}

        fields = {*data, *shown}
        for what, bad in filled_badly(data, fields):
            refused = refused_by(what, bad)
        # Last all were too long. Where nothing was said of one, the others were in its way, or it takes more.
        for field in sorted(fields - refused):
            refused_by(f"{field} of 1 MB", {**data, field: MEGABYTE})
