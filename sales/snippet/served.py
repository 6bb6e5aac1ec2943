"""The snippet as it is served: without what makes its source readable, comments, spaces and long names."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parent / "rapport.js"
# Names that are nobody's but the script's own: none of them is a field's, nor a word in a text.
NAMES = (
    *("address", "agreed", "calls", "described", "early", "greeted", "held", "known", "last", "later", "look", "meta"),
    *("offer", "only", "opposed", "other", "products", "random", "refuse", "seen", "send", "store", "tell", "timer"),
)
_SHORT = dict(zip(NAMES, "abcefghijkmopqrstuvxyzABC", strict=False))
# Texts stay as they are; of a comment nothing stays, of spaces one where two words would grow together.
_PARTS = re.compile(
    r"""(?P<text>"[^"\n]*"|`[^`\n]*`)|\s*//[^\n]*\s*|\s*(?P<sign>[^\w\s$"`])\s*|(?P<space>\s)\s*"""
    rf"""|(?<!(?<!\.\.)\.)\b(?P<name>{"|".join(NAMES)})\b"""
)


def served() -> bytes:
    """Needs every semicolon written out, and no regular expression in the source."""
    small = _PARTS.sub(_smaller, SOURCE.read_text())
    return small.replace(";}", "}").strip().encode()


def _smaller(part: re.Match[str]) -> str:
    name = part["name"]
    return _SHORT[name] if name else part["text"] or part["sign"] or (" " if part["space"] else "")
