"""Who is left out by chance, so that there is somebody to compare with."""

from __future__ import annotations

import hashlib

LARGEST_HOLDOUT = 50
"""Percent."""
_SHARES = 10_000


def is_held_out(draw: str, customer_id: int, *, percent: int) -> bool:
    """The same answer whenever it is asked; `draw` names what is measured, and each has a draw of its own.

    With a larger percentage the same are held out, and more.
    """
    digest = hashlib.blake2b(f"{draw}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % _SHARES < percent * _SHARES // 100
