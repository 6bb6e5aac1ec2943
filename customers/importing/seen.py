"""Which keys came before in a file, in eight bytes each: a Python set would take eighty."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_LARGEST = 1 << 24


class Seen:
    """A set of texts by their 64-bit hashes, in an open-addressed table of at most 128 MB.

    Beyond 12 million keys it takes no more in, and new ones count as not seen. Two different texts of a file of ten
    million meet with a probability of one in 400,000.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * 1024))
        self._count = 0

    def add(self, text: str) -> bool:
        """Whether it was there before."""
        key = int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest()) or 1
        if self._count > len(self._table) * 3 // 4:
            if len(self._table) >= _LARGEST:
                return self._find(key)[1]
            self._grow()
        at, is_known = self._find(key)
        if not is_known:
            self._table[at] = key
            self._count += 1
        return is_known

    def _find(self, key: int) -> tuple[int, bool]:
        table, mask = self._table, len(self._table) - 1
        at = key & mask
        while found := table[at]:
            if found == key:
                return at, True
            at = (at + 1) & mask
        return at, False

    def _grow(self) -> None:
        keys = self._table
        self._table = array("Q", bytes(8 * len(keys) * 4))
        for key in keys:
            if key:
                self._table[self._find(key)[0]] = key
