"""Who fetches pictures, links and pages without anybody reading: what programs say of themselves.

Sources: the user agents that Gmail, Yahoo and Apple document or are known to send for mail pictures, those of link
previews, and the names of libraries and scanners. What hides behind a browser's name is found by how it behaves
(messaging.tracking.judging).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Apple's Mail Privacy Protection fetches every picture under this name and no more.
_BARE = "Mozilla/5.0"
_NAMES = (
    # Mail providers that fetch pictures for, or ahead of, their users.
    "GoogleImageProxy|YahooMailProxy|ggpht|OutlookImageProxy",
    # Scanners of mail and links.
    "Barracuda|Proofpoint|Mimecast|Symantec|Trend ?Micro|FireEye|Trellix|Forcepoint|Sophos|Cisco|IronPort",
    "Fortinet|Avast|Kaspersky|SafeLinks|SecurityScan|urlscan|VirusTotal|Zscaler|Netcraft|CheckPoint",
    # Previews of links.
    "BingPreview|SkypeUriPreview|facebookexternalhit|WhatsApp|Google-PageRenderer|GoogleOther|Google-Read-Aloud",
    # Browsers without anybody in front of them, crawlers, libraries. Cubot makes telephones.
    "HeadlessChrome|PhantomJS|Puppeteer|Playwright|Selenium|(?<!cu)bot\\b|crawler|spider|scanner|monitor|pre(?:view|fetch)",
    "python|curl|wget|libwww|Go-http-client|Java/|okhttp|axios|node-fetch|undici|aiohttp|httpx|Apache-HttpClient",
    "Ruby|PHP/|GuzzleHttp|perl",
)
_MACHINE = re.compile("|".join(_NAMES), re.IGNORECASE)
_FETCHED_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def is_machine(headers: Mapping[str, str]) -> bool:
    """Whether a request says that no person made it."""
    agent = headers.get("User-Agent", "").strip()
    if not agent or agent == _BARE or _MACHINE.search(agent):
        return True
    return any(re.search("prefetch|preview", headers.get(name, ""), re.IGNORECASE) for name in _FETCHED_AHEAD)
