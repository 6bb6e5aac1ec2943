"""How a program proves who it is: `Authorization: Bearer rk_…`."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiKey, Workspace
from accounts.tokens import hash_secret

USED_PRECISION = timedelta(minutes=5)


class ApiScope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    SALES_READ = "sales:read"
    SALES_WRITE = "sales:write"
    MESSAGES_READ = "messages:read"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CAMPAIGNS_SEND = "campaigns:send"
    TEMPLATES_WRITE = "templates:write"
    FLOWS_READ = "flows:read"
    FLOWS_WRITE = "flows:write"
    FLOWS_SEND = "flows:send"
    CONSENTS_WRITE = "consents:write"
    EVENTS_WRITE = "events:write"


_KEY_FIELDS, _WORKSPACE_FIELDS = (
    [field.attname for field in model._meta.concrete_fields] for model in (ApiKey, Workspace)
)
# Written out, since the ORM took half of what one event cost to put the same together each time.
_USABLE = f"""
select {", ".join(f"k.{name}" for name in _KEY_FIELDS)}, {", ".join(f"w.{name}" for name in _WORKSPACE_FIELDS)}
from accounts_apikey k join accounts_workspace w on w.id = k.workspace_id
where k.key_hash = %s and k.revoked_at is null and (k.expires_at is null or k.expires_at > %s)
"""  # noqa: S608  names of our own models


def workspace_key_of(request: HttpRequest, *, takes_basic: bool = False) -> ApiKey | None:
    """The usable key that the request carries, with its workspace. Runs before any scope: these tables carry no RLS.

    It is looked up for each request, and so stops at once when it is revoked. With `takes_basic` it may also come as
    Segment's libraries send it: as the user name of HTTP Basic, with no password.
    """
    secret = secret_of(request, takes_basic=takes_basic)
    return usable_key(secret) if secret else None


def secret_of(request: HttpRequest, *, takes_basic: bool = False) -> str:
    """What the request says to prove who asks, or nothing."""
    scheme, _, credentials = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic" if takes_basic:
            return _user_without_password(credentials.strip())
        case _:
            return ""


def usable_key(secret: str) -> ApiKey | None:
    """The key with this secret, with its workspace, unless it is revoked or expired. Notes that it was used."""
    now = timezone.now()
    key = _usable_key(hash_secret(secret), now)
    if key and (key.last_used_at is None or now - key.last_used_at > USED_PRECISION):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _user_without_password(credentials: str) -> str:
    try:
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:  # neither base64 nor text
        return ""
    return "" if password else user


def _usable_key(key_hash: str, now: datetime) -> ApiKey | None:
    with connection.cursor() as cursor:
        cursor.execute(_USABLE, [key_hash, now])
        row = cursor.fetchone()
    if row is None:
        return None
    key = ApiKey.from_db(connection.alias, _KEY_FIELDS, row[: len(_KEY_FIELDS)])
    key.workspace = Workspace.from_db(connection.alias, _WORKSPACE_FIELDS, row[len(_KEY_FIELDS) :])
    return key
