"""Which websites belong to a workspace: hosts, each with what is below it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit


def site_of(address: str) -> str:
    """`shop.example` or `localhost:3000`, of an address or an `Origin`; empty for what is no website's."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return ""
    return host if port is None else f"{host}:{port}"


def is_on_one_of(sites: Iterable[str], address: str) -> bool:
    """Whether an address is on one of the sites, or on one below: shop.example has www.shop.example too."""
    site = site_of(address)
    return bool(site) and any(site == each or site.endswith(f".{each}") for each in sites)
