"""What an address is compared by, and kept as where nobody shall read it."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

from customers.normalising import clean_email
from customers.refusals import ValueRefused


def normalise_address(address: str) -> str:
    """As `Customer.email_norm` is made; what is no address at all is only trimmed and lowered."""
    try:
        return clean_email(address).norm
    except ValueRefused:
        return address.strip().lower()


def hash_address(address: str) -> str:
    """HMAC-SHA256 of the normalised address: without the key, a list of guessed addresses finds nobody in a dump."""
    key: str = settings.ADDRESS_HASH_KEY
    # A lone surrogate, which no address holds, must not be an error here.
    text = normalise_address(address).encode(errors="backslashreplace")
    return hmac.digest(key.encode(), text, hashlib.sha256).hex()


def mask_address(address: str) -> str:
    """Enough to recognise an address that one knows: `m…@bakery.example`."""
    local, _, domain = normalise_address(address).partition("@")
    return f"{local[:1]}…@{domain}" if domain else ""
