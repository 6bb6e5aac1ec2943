"""Random secrets: shown or mailed once, kept only as their hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import PublicToken, Workspace


def new_secret() -> str:
    """192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """Plain SHA-256 is enough for what is random: there is no dictionary to try."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_token(workspace: Workspace, *, purpose: str, subject_id: int, expires_at: datetime | None = None) -> str:
    secret = new_secret()
    PublicToken.objects.create(
        workspace=workspace,
        purpose=purpose,
        token_hash=hash_secret(secret),
        subject_id=subject_id,
        expires_at=expires_at,
    )
    return secret


def find_token(secret: str, *, purpose: str) -> PublicToken | None:
    """The live token of this purpose, with its workspace; None for a wrong, foreign or expired one."""
    return (
        PublicToken.objects.select_related("workspace")
        .filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), purpose=purpose, token_hash=hash_secret(secret))
        .first()
    )


def forget_expired_tokens(*, limit: int) -> int:
    """Delete at most `limit` of those that open nothing any more, the oldest first. Returns how many."""
    expired = PublicToken.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")
    deleted, _ = PublicToken.objects.filter(pk__in=list(expired.values_list("pk", flat=True)[:limit])).delete()
    return deleted
