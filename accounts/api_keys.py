"""How a program proves who it is: `Authorization: Bearer rk_…`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.tokens import hash_secret

if TYPE_CHECKING:
    from rest_framework.views import APIView  # at run time it imports this module, by its settings

USED_PRECISION = timedelta(minutes=5)


class ApiScope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    SALES_READ = "sales:read"
    SALES_WRITE = "sales:write"
    MESSAGES_READ = "messages:read"
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


class ApiKeyAuthentication(BaseAuthentication):
    """Hands DRF the key that the middleware has already checked."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        key = getattr(request._request, "api_key", None)
        return (key, key) if key else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Rapport API"'


class HasScope(BasePermission):
    """Every API view says what it needs: `required_scopes = {"GET": ApiScope.…, "POST": ApiScope.…}`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        needed: dict[str, Any] = getattr(view, "required_scopes", {})
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        return isinstance(key, ApiKey) and needed.get(str(method)) in key.scopes
