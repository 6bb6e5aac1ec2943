"""Finding customers by what somebody types: parts of name, e-mail address or phone, in any order, also misspelt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from customers.folding import fold
from customers.models import Customer

# A list holds these at most; whoever sees so many writes more of the name.
MOST_FOUND = 5000
MOST_WORDS = 6
SHORTEST_INFIX = 3
SHORTEST_MISSPELT = 4
_LONGEST_WORD = 60
_LOOKED_AT = 200
_LAST_LETTER = chr(0x10FFFF)
_PHONE = re.compile(r"[+0-9 ()/.\-]+")
_NO_LETTERS = re.compile(r"\D")


@dataclass(frozen=True)
class Found:
    """`is_close`: nobody has the words as typed, these resemble them. `is_cut`: more than the limit would match."""

    ids: list[int]
    is_close: bool = False
    is_cut: bool = False


def find_customers(text: str, *, limit: int = MOST_FOUND) -> Found:
    """Whoever has every word of `text` somewhere; if nobody has, whoever has names one slip away from them."""
    words = words_of(text)
    if not words:
        return Found([])
    ids = _beginning(words, limit + 1) if _are_short(words) else _containing(words, limit + 1)
    if ids:
        return Found(ids[:limit], is_cut=len(ids) > limit)
    ids = _resembling(words, limit + 1)
    return Found(ids[:limit], is_close=True, is_cut=len(ids) > limit)


def words_of(text: str) -> list[str]:
    """Folded as the searched columns are. A phone number is one word, without what it is written with."""
    text = text.replace("\x00", "")[:200]
    digits = _NO_LETTERS.sub("", text)
    if len(digits) >= SHORTEST_INFIX and _PHONE.fullmatch(text.strip()):
        # Kept are country codes and no zeros before the area: 0049 30 and 030 are both found in +4930.
        return [digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix("0")]
    return [word[:_LONGEST_WORD] for word in fold(text).split()[:MOST_WORDS]]


def _are_short(words: Iterable[str]) -> bool:
    """Too short for an index of three letters."""
    return all(len(word) < SHORTEST_INFIX for word in words)


def _beginning(words: list[str], limit: int) -> list[int]:
    first, *others = words
    customers = Customer.objects.filter(
        sort_name__gte=first, sort_name__lt=first + _LAST_LETTER, merged_into=None, erased_at=None
    )
    for word in others:
        customers = customers.filter(sort_name__contains=word)
    return list(customers.order_by("sort_name", "pk").values_list("pk", flat=True)[:limit])


def _containing(words: list[str], limit: int) -> list[int]:
    return _search([[_infix(word)] for word in words], in_names=False, limit=limit)


def _resembling(words: list[str], limit: int) -> list[int]:
    if not any(len(word) >= SHORTEST_MISSPELT and word.isalpha() for word in words):
        return []
    return _search([_slips(word) for word in words], in_names=True, limit=limit)


def _slips(word: str) -> list[str]:
    """Patterns of all words that one slip of the finger away: two letters swapped, one too many, missing or wrong."""
    if len(word) < SHORTEST_MISSPELT:
        return [_infix(word)]
    letters = [_escaped(letter) for letter in word]
    places = range(len(letters))
    slips = {
        *("".join([*letters[:at], *letters[at + 1 :]]) for at in places),
        *("".join([*letters[:at], "_", *letters[at + 1 :]]) for at in places[1:-1]),
        *("".join([*letters[:at], "_", *letters[at:]]) for at in places[1:]),
        *("".join([*letters[:at], letters[at + 1], letters[at], *letters[at + 2 :]]) for at in places[:-1]),
    }
    return sorted(f"%{slip}%" for slip in slips)


def _infix(word: str) -> str:
    return f"%{''.join(map(_escaped, word))}%"


def _escaped(letter: str) -> str:
    return f"\\{letter}" if letter in "\\%_" else letter


def _search(patterns: list[list[str]], *, in_names: bool, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select customers_search(%s::jsonb, %s, %s)", [json.dumps(patterns), in_names, limit])
        return [pk for (pk,) in cursor.fetchall()]


def best_customers(text: str, *, limit: int) -> list[Customer]:
    """A few to choose from: names that begin with the words, then names that hold them, then the rest."""
    found = find_customers(text, limit=_LOOKED_AT)
    start = " ".join(words_of(text))
    customers = Customer.objects.filter(pk__in=found.ids, archived_at=None)

    def place(customer: Customer) -> tuple[bool, bool, str]:
        name = fold(customer.name)
        return not name.startswith(start), start not in name, customer.sort_name

    return sorted(customers, key=place)[:limit]
