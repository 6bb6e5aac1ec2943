"""The HTML that strangers send, as text: in time that grows with its length alone, whatever it is made of.

No parser that builds a tree: of 60 kB of formatting that is never closed, nh3 made 3 GB in 10 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from messaging.rendering.plain_text import BLOCKS, html_to_text

MOST_HTML = 60_000  # characters that are left without comments, styles and whatever else says nothing in a text
# A tag ends before the next `<`, quoted or not: so no character is looked at more than a few times.
_TAG = re.compile(r"""<(?:[!?]|(/?)([a-z][a-z0-9]*))(?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|[^<>]*+>)""", re.IGNORECASE)
_TARGET = re.compile(r"""\shref\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "title"})
_SPEAKING = BLOCKS | {"a", "br", "li", "td", "th"}


def strangers_html_to_text(html: str) -> str:
    pieces, left = [], MOST_HTML
    for piece in _pieces(_without_comments(html)):
        pieces.append(piece[:left] if not piece.startswith("<") else piece)
        left -= len(piece)
        if left <= 0:
            break
    return html_to_text("".join(pieces))


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)


def _pieces(html: str) -> Iterator[str]:
    """Words, and those tags that give a text its shape, each whole and with nothing in it that could go wrong."""
    end, silent = 0, ""
    for found in _TAG.finditer(html):
        closes, tag = found[1], (found[2] or "").lower()
        if not silent:
            yield _words(html[end : found.start()])
        if silent:
            silent = "" if closes and tag == silent else silent
        elif tag in _SILENT and not closes:
            silent = tag
        elif tag in _SPEAKING:
            yield f"</{tag}>" if closes else _opening(tag, found[0])
        end = found.end()
    if not silent:
        yield _words(html[end:])


def _words(html: str) -> str:
    return html.replace("<", "&lt;")


def _opening(tag: str, given: str) -> str:
    target = _TARGET.search(given) if tag == "a" else None
    if target is None:
        return f"<{tag}>"
    return f'<a href="{escape(unescape(target[1] or target[2] or target[3] or ""))}">'
