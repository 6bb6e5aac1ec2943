"""The typed request of a workspace page: signed in, a member, in scope."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, User, Workspace


class WorkspaceRequest(HttpRequest):
    user: User
    workspace: Workspace
    membership: Membership
    htmx: HtmxDetails


def client_ip(request: HttpRequest) -> str:
    """Where the request came from: behind as many proxies as ALLAUTH_TRUSTED_PROXY_COUNT says."""
    return str(get_adapter(request).get_client_ip(request))
