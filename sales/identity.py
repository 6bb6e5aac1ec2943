"""How a shop vouches for who is looking: it signs its own id of the customer, on its server (ADR 0015).

The secret is not kept: it follows from the installation's key and a random number, so that neither a copy of the
database nor whoever can read it can sign.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

from sales.models import Website

_SALT = "sales.identity"


def new_nonce() -> str:
    return secrets.token_hex(16)


def identity_secret(website: Website) -> str:
    """64 hexadecimal digits."""
    return _secret(website, settings.SECRET_KEY)


def signature_of(customer_id: str, *, secret: str) -> str:
    """What the shop's server computes: HMAC-SHA256 of its id, in hexadecimal digits."""
    return hmac.new(secret.encode(), customer_id.encode(), hashlib.sha256).hexdigest()


def is_signed(website: Website, customer_id: str, signature: str) -> bool:
    """By the secret that is in force, also while the installation's own key is being changed."""
    if not website.identity_nonce or not signature.isascii() or not customer_id.isprintable():
        return False
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    signatures = (signature_of(customer_id, secret=_secret(website, key)) for key in keys)
    return any(hmac.compare_digest(each, signature.lower()) for each in signatures)


def _secret(website: Website, key: str | bytes) -> str:
    words = f"{website.workspace_id}:{website.identity_nonce}"
    return salted_hmac(_SALT, words, secret=key, algorithm="sha256").hexdigest()
