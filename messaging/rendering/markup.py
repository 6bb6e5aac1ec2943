"""What people write in a text block: paragraphs, lists, **bold**, *italic* and [links](https://…), and tags."""

from __future__ import annotations

import re
from html import escape

# None of these looks twice at what it has seen: a tag that nobody closed goes on to the end, and a link or bold words
# end where the next begin.
_TAG = re.compile(r"(\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z))", re.DOTALL)
_CLOSED = {"{{": "}}", "{%": "%}"}
_AWAY = re.compile(r"\x00(\d+)\x00")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
_BOLD = re.compile(r"\*\*(?=\S)((?:(?!\*\*)[^\n])++)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![*\w])\*(\S(?:[^*\n]*?\S)?)\*(?![*\w])")
_ITEM = re.compile(r"(?:[-*•]|(\d+)[.)])\s+")


def markup_to_html(text: str) -> str:
    """HTML with the tags where they stood. What looks like HTML stays text."""
    parts = split_tags(text.replace("\x00", "").replace("\r\n", "\n").strip())
    plain = "".join(f"\x00{place}\x00" if place % 2 else part for place, part in enumerate(parts))
    html = "\n".join(_block(block) for block in re.split(r"\n[ \t]*\n\s*", escape(plain)) if block)
    return _AWAY.sub(lambda found: parts[int(found[1])], html)


def split_tags(text: str) -> list[str]:
    """Words and tags by turns. A tag that nobody closed is words."""
    parts = _TAG.split(text)
    if len(parts) > 1 and not parts[-2].endswith(_CLOSED[parts[-2][:2]]):
        parts[-3:] = ["".join(parts[-3:])]
    return parts


def line_to_html(text: str) -> str:
    """A heading or a label: no links, no paragraphs."""
    parts = split_tags(" ".join(text.split()))
    return "".join(part if index % 2 else escape(part) for index, part in enumerate(parts))


def _block(block: str) -> str:
    lines = block.split("\n")
    items = [_ITEM.match(line) for line in lines]
    if all(items):
        kind = "ol" if items[0] and items[0][1] else "ul"
        rows = "".join(f"<li>{_inline(_ITEM.sub('', line, count=1))}</li>" for line in lines)
        return f"<{kind}>{rows}</{kind}>"
    return "<p>" + "<br>\n".join(_inline(line) for line in lines) + "</p>"


def _inline(line: str) -> str:
    line = _LINK.sub(r'<a href="\2">\1</a>', line)
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", line))
