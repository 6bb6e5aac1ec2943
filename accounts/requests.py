"""The typed request of a workspace page: signed in, a member, in scope."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

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


def connection_of(request: HttpRequest) -> str:
    """Whose connection it is, for limits: an IPv4 address, or the /64 that every household has of IPv6 to itself."""
    ip = client_ip(request)
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if not isinstance(address, IPv6Address):
        return ip
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
