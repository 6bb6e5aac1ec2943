"""How a program proves who it is: `Authorization: Bearer rk_…`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.tokens import hash_secret

USED_PRECISION = timedelta(minutes=5)


class ApiScope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    SALES_READ = "sales:read"
    SALES_WRITE = "sales:write"
    MESSAGES_READ = "messages:read"
    CONSENTS_WRITE = "consents:write"
    EVENTS_WRITE = "events:write"


def workspace_key_of(request: HttpRequest) -> ApiKey | None:
    """The usable key that the request carries, with its workspace. Runs before any scope: these tables carry no RLS."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    now = timezone.now()
    key = (
        ApiKey.objects.select_related("workspace")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), key_hash=hash_secret(secret.strip()), revoked_at=None)
        .first()
    )
    if key and (key.last_used_at is None or now - key.last_used_at > USED_PRECISION):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
