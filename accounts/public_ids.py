"""Opaque, prefixed ids for programs: `cus_…`, `ord_…`. They hide how many there are, and say what they name."""

from __future__ import annotations

from functools import lru_cache

from sqids import Sqids


class _RememberingSqids(Sqids):
    """Short ids are padded from a shuffled alphabet. There are 62 of them, and to shuffle one took most of the time."""

    _Sqids__shuffle = lru_cache(maxsize=256)(Sqids._Sqids__shuffle)  # type: ignore[attr-defined]  # noqa: SLF001  its pure part


_sqids = _RememberingSqids(min_length=8)
_LARGEST = 2**63 - 1
# Decoding takes time by the square of the length; no number needs more than this.
_LONGEST = 16


def encode_id(prefix: str, pk: int) -> str:
    return f"{prefix}_{_sqids.encode([pk])}"


def decode_id(prefix: str, public_id: str) -> int | None:
    """The row's id; None for anything that `encode_id` would not have written."""
    head, _, tail = public_id.partition("_")
    if head != prefix or len(tail) > _LONGEST:
        return None
    numbers = _sqids.decode(tail)
    if len(numbers) != 1 or numbers[0] > _LARGEST or _sqids.encode(numbers) != tail:
        return None
    return int(numbers[0])
