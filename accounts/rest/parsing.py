"""Reading a JSON body without ever believing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework.parsers import BaseParser

from accounts.rest.errors import ApiError

_decoder = msgspec.json.Decoder()


class StrictJsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return decode_json(stream.read())


def decode_json(body: bytes) -> Any:
    """Raises ApiError, saying where the body stops being JSON."""
    try:
        return read_json(body)
    except ValueError as error:
        raise ApiError("invalid_json", f"The body is not valid JSON: {error}.") from None


def read_json(written: bytes) -> Any:
    """UTF-8 only, no NaN, no lone surrogates, no number beyond a double, no NUL: what Postgres can keep.

    Raises ValueError with what is wrong.
    """
    try:
        data = _decoder.decode(written)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if b"\\u0000" in written and _holds_nul(data):
        raise ValueError("a text in it holds the character NUL (\\u0000), which can't be kept")
    return data


def _holds_nul(data: Any) -> bool:
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, str) and "\x00" in value:
            return True
        if isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, list):
            pending += value
    return False
