"""A template's links put behind a redirect that tells which of them was followed.

All of it happens once per template version, on the source that the engine reads: each link is replaced by its number
behind the message's own address, and what it led to is kept. A link with variables in it leads elsewhere in each
message: these become a small template of their own (`Compiled.links`), rendered with the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape, unescape

from messaging.rendering.engine import LINK, LINK_END
from messaging.rendering.layout import Compiled
from messaging.tracking.utm import Utm

HONEYPOT = "0"
# One output as grammar.write writes it; a string in it may hold what looks like its end.
_OUTPUT = r'\{\{(?:"(?:\\.|[^"\\])*"|[^"}]|\}(?!\}))*\}\}'
_STATEMENT = r'\{%(?:"(?:\\.|[^"\\])*"|[^"%]|%(?!\}))*%\}'
_IN_HTML = re.compile(rf'({_STATEMENT})|(<a\b[^>{{]*?\shref=")((?>{_OUTPUT}|[^"])*+)(?=")', re.IGNORECASE)
_IN_TEXT = re.compile(
    rf"""({_STATEMENT})|()((?>https?://|\{{\{{ (?:\w+\.)*\w+_url \}}\}})(?>{_OUTPUT}|[^\s<>()"'{{}}])*+)"""
)
_A_TAG = re.compile(f"({_OUTPUT})")
# Who follows these says something about consent: that is no business of the statistics.
_OUR_OWN = re.compile(r"\{\{ (unsubscribe|preferences|confirmation)_url \}\}")
_HIDDEN_LINK = (
    '<div style="display:none;max-height:0;overflow:hidden">'
    f'<a href="{{{{ click_url }}}}{HONEYPOT}/" rel="nofollow" tabindex="-1"></a></div>'
)
_PIXEL = '<img src="{{ open_url }}" width="1" height="1" alt="" style="display:block;border:0">'


@dataclass(frozen=True)
class Marked:
    """`urls`: where the links without variables lead, by number."""

    compiled: Compiled
    urls: Mapping[str, str]


@dataclass
class _Numbers:
    """The links met so far. One that comes again, in the text as in the HTML, keeps its number."""

    urls: dict[str, str] = field(default_factory=dict)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    skeleton: list[str] = field(default_factory=list)

    def number(self, url: str, loops: list[str]) -> str | None:
        """The link's number as the engine reads it; None for one that cannot be told apart from its neighbours."""
        is_plain = not _A_TAG.search(url)
        if len(loops) > 1 and not is_plain:
            return None
        link = (url, "" if is_plain else "".join(loops))
        if link not in self.numbers:
            number = str(len(self.numbers) + 1)
            if is_plain:
                self.urls[number] = url
            else:
                number += ".{{ loop.index }}" if loops else ""
                self.skeleton.append(f"{LINK}{number} {url}{LINK_END}")
            self.numbers[link] = number
        return self.numbers[link]


def mark_links(compiled: Compiled, *, opens: bool) -> Marked:
    """The same message with its links behind `click_url` and, if wanted, a picture behind `open_url`."""
    numbers = _Numbers()
    html = _rewritten(compiled.html, _IN_HTML, numbers, _to_redirect)
    text = _rewritten(compiled.text, _IN_TEXT, numbers, _to_redirect)
    links = "".join(numbers.skeleton) if any(LINK in part for part in numbers.skeleton) else ""
    if numbers.urls or links:
        html = _at_the_end(html, _HIDDEN_LINK)
    if opens:
        html = with_pixel(html)
    return Marked(replace(compiled, html=html, text=text, links=links), numbers.urls)


def with_pixel(html: str) -> str:
    return _at_the_end(html, _PIXEL)


def tag_links(compiled: Compiled, utm: Utm) -> Compiled:
    """The same message with its links as they are, but for what tells the workspace's own site where visitors are from.

    Only those without variables: where the others lead is known too late.
    """

    def tagged(url: str, number: str, *, is_html: bool) -> str:
        if _A_TAG.search(url):
            return url
        address = utm.on(url, content=f"link-{number}")
        return escape(address) if is_html else address

    numbers = _Numbers()
    return replace(
        compiled,
        html=_rewritten(compiled.html, _IN_HTML, numbers, partial(tagged, is_html=True)),
        text=_rewritten(compiled.text, _IN_TEXT, numbers, partial(tagged, is_html=False)),
    )


def _to_redirect(_url: str, number: str) -> str:
    return f"{{{{ click_url }}}}{number}/"


def _at_the_end(html: str, addition: str) -> str:
    body, end, rest = html.rpartition("</body>")
    return f"{body}{addition}{end}{rest}" if end else html + addition


def _rewritten(source: str, pattern: re.Pattern[str], numbers: _Numbers, rewrite: Callable[[str, str], str]) -> str:
    loops: list[str] = []

    def each(found: re.Match[str]) -> str:
        statement, before, url = found.groups()
        if statement:
            numbers.skeleton.append(statement)
            if statement.startswith("{% for "):
                loops.append(statement)
            elif statement.startswith("{% endfor "):
                loops.pop()
            return str(statement)
        leads_to = _as_address(url) if pattern is _IN_HTML else url.rstrip(".,;:!?")
        number = numbers.number(leads_to, loops) if _is_followed(leads_to) else None
        if number is None or (rewritten := rewrite(leads_to, number)) == leads_to:
            return str(found[0])
        return f"{before}{rewritten}" + ("" if pattern is _IN_HTML else url[len(leads_to) :])

    return pattern.sub(each, source)


def _as_address(href: str) -> str:
    """What an attribute says; what stands in tags is filled in without being escaped."""
    return "".join(part if index % 2 else unescape(part) for index, part in enumerate(_A_TAG.split(href)))


def _is_followed(url: str) -> bool:
    if _OUR_OWN.match(url):
        return False
    return url.startswith("{{ ") or url.lower().startswith(("http://", "https://"))
