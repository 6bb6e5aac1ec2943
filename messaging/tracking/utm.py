"""What tells a workspace's own site where a visitor comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Utm:
    """`domains`: the workspace's own; others are told nothing."""

    domains: tuple[str, ...]
    source: str
    campaign: str
    medium: str = "email"

    def on(self, url: str, *, content: str) -> str:
        """The address with what is missing of utm_source, utm_medium, utm_campaign and utm_content."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return url
        if not is_below(host, self.domains):
            return url
        there = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        wanted = {"source": self.source, "medium": self.medium, "campaign": self.campaign, "content": content}
        added = [
            f"utm_{name}={quote(value, safe='')}"
            for name, value in wanted.items()
            if value and f"utm_{name}" not in there
        ]
        query = "&".join(filter(None, [parts.query, *added]))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def is_below(host: str, domains: Sequence[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
