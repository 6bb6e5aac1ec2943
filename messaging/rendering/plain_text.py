"""The text part of a message, from its HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "ul", "ol", "table", "tr", "blockquote", "pre", "hr", "figure", "center"}
)


def html_to_text(html: str) -> str:
    """Paragraphs, lists and links as people write them in plain text. Comments are kept: they mark tags."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "\n".join(line.strip(" \t\r\f\v") for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: tuple[str, int] | None = None  # never one in another: each would read what is in it once more
        self._is_preformatted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in BLOCKS:
            self.parts.append("\n\n" if tag not in {"tr", "div"} else "\n")
            self._is_preformatted = tag == "pre"
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "img":
            self.parts.append(given.get("alt") or "")
        elif tag == "a":
            self._link = given.get("href") or "", len(self.parts)
        if tag == "hr":
            self.parts.append("---\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n\n" if tag not in {"tr", "div"} else "\n")
            self._is_preformatted = False
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        elif tag == "a" and self._link:
            (url, start), self._link = self._link, None
            words = "".join(self.parts[start:]).strip()
            if url and url.removeprefix("mailto:").removeprefix("tel:") != words:
                self.parts.append(f" ({url})" if words else url)

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self._is_preformatted else re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")
