"""What an address is compared by, and kept as where nobody shall read it."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def normalise_address(address: str) -> str:
    return address.strip().lower()


def hash_address(address: str) -> str:
    """HMAC-SHA256 of the normalised address: without the key, a list of guessed addresses finds nobody in a dump."""
    key: str = settings.ADDRESS_HASH_KEY
    return hmac.new(key.encode(), normalise_address(address).encode(), hashlib.sha256).hexdigest()


def mask_address(address: str) -> str:
    """Enough to recognise an address that one knows: `m…@bakery.example`."""
    local, _, domain = normalise_address(address).partition("@")
    return f"{local[:1]}…@{domain}" if domain else ""
