"""Opaque, prefixed ids for programs: `cus_…`, `ord_…`. They hide how many there are, and say what they name."""

from __future__ import annotations

from sqids import Sqids

_sqids = Sqids(min_length=8)


def encode_id(prefix: str, pk: int) -> str:
    return f"{prefix}_{_sqids.encode([pk])}"


def decode_id(prefix: str, public_id: str) -> int | None:
    """The row's id; None for anything that `encode_id` would not have written."""
    head, _, tail = public_id.partition("_")
    numbers = _sqids.decode(tail) if head == prefix else []
    if len(numbers) != 1 or _sqids.encode(numbers) != tail:
        return None
    return int(numbers[0])
