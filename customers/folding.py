"""Names as people type them in a hurry: small letters without accents, so that `jurgen` finds Jürgen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from django.db.models import CharField, Func

LATIN = (range(0x00C0, 0x0250), range(0x1E00, 0x1F00))
NOT_DECOMPOSED = {
    "ß": "s",
    "æ": "a",
    "ð": "d",
    "ø": "o",
    "þ": "t",
    "đ": "d",
    "ħ": "h",
    "\u0131": "i",
    "ł": "l",
    "œ": "o",
}


def _folded_letters() -> Iterator[tuple[str, str]]:
    """One letter for one letter: Postgres' translate() can do no more, and is immutable as an index needs it."""
    for letter in (chr(code) for block in LATIN for code in block):
        base = NOT_DECOMPOSED.get(letter) or unicodedata.normalize("NFD", letter)[0]
        if letter != base and letter == letter.lower() and "a" <= base <= "z":
            yield letter, base


FOLDED = dict(_folded_letters())
_TABLE = str.maketrans(FOLDED)


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower().translate(_TABLE)


class Folded(Func):
    """The same in Postgres (migration 0005)."""

    function = "customers_fold"
    arity = 1
    output_field = CharField()


class Spaced(Func):
    """With a space before it, so that `% word` finds the first word as it finds the others (migration 0005)."""

    function = "customers_spaced"
    arity = 1
    output_field = CharField()
