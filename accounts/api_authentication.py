"""How DRF learns what the middleware has found: whose key it is, and what the key opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey

if TYPE_CHECKING:
    # DRF reads its settings, and so this module, while it imports its views.
    from rest_framework.views import APIView


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
        of_actions: dict[str, Any] = getattr(view, "action_scopes", {})
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        scope = of_actions.get(str(getattr(view, "action", "")), needed.get(str(method)))
        return isinstance(key, ApiKey) and scope in key.scopes
