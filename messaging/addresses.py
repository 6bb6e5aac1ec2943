"""What an address is compared by, and kept as where nobody shall read it."""

from __future__ import annotations

import hashlib


def normalise_address(address: str) -> str:
    return address.strip().lower()


def hash_address(address: str) -> str:
    """SHA-256 of the normalised address. In SQL: `encode(sha256(convert_to(email_norm, 'UTF8')), 'hex')`."""
    return hashlib.sha256(normalise_address(address).encode()).hexdigest()
