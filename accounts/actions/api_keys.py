from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.actions.audit import audit
from accounts.models import ApiKey, User
from accounts.scope import current_workspace
from accounts.tokens import hash_secret, new_secret

PREFIX_LENGTH = 8


@transaction.atomic
def create_api_key(
    *, name: str, scopes: Sequence[str], created_by: User | None = None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Returns the key and its secret; the secret can be shown this once and never again."""
    secret = f"rk_{new_secret()}"
    key = ApiKey.objects.create(
        workspace=current_workspace(),
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        key_hash=hash_secret(secret),
        scopes=sorted(scopes),
        created_by=created_by,
        expires_at=expires_at,
    )
    audit(gettext_noop("created the API key"), key, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke_api_key(key: ApiKey) -> ApiKey:
    """From now on the key opens nothing. Twice is harmless."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit(gettext_noop("revoked the API key"), key)
    key.refresh_from_db()
    return key
