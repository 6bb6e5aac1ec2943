"""Finding customers by what somebody types: parts of name, e-mail address or phone, in any order, also misspelt."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from customers.folding import fold
from customers.models import Customer

# A list holds these at most; whoever sees so many writes more of the name.
MOST_FOUND = 2000
MOST_WORDS = 6
SHORTEST_INFIX = 3
SHORTEST_MISSPELT = 4
LONGEST_MISSPELT = 30
# From here on a few patterns with a gap find what dozens with one slip each would: seven looks into the index, not 44.
SHORTEST_WITH_GAPS = 8
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
    """Whoever has every word of `text` somewhere; if nobody has, whoever has names one slip away from them.

    A whole e-mail address means its customer. Of a word of one or two letters, names begin with it.
    """
    words = words_of(text)
    if not words:
        return Found([])
    ids = _of_address(words) or _having(words, limit + 1)
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


def _of_address(words: list[str]) -> list[int]:
    """Its trigrams are those of every other address; its key is not."""
    if len(words) != 1 or "@" not in words[0]:
        return []
    customers = Customer.objects.filter(email_norm=words[0], merged_into=None, erased_at=None)
    return list(customers.values_list("pk", flat=True))


def _having(words: list[str], limit: int) -> list[int]:
    """Names that begin with the only word come first, and are enough where they are too many already."""
    if len(words) == 1:
        beginning = _beginning(words[0], limit)
        if len(words[0]) < SHORTEST_INFIX or len(beginning) == limit:
            return beginning
    texts = [_infix(word) for word in words if len(word) >= SHORTEST_INFIX]
    starts = [_start(word) for word in words if len(word) < SHORTEST_INFIX]
    return _search(texts=texts, names=[[start] for start in starts], limit=limit)


def _beginning(word: str, limit: int) -> list[int]:
    customers = Customer.objects.filter(
        sort_name__gte=word, sort_name__lt=word + _LAST_LETTER, merged_into=None, erased_at=None
    )
    return list(customers.order_by("sort_name", "pk").values_list("pk", flat=True)[:limit])


def _resembling(words: list[str], limit: int) -> list[int]:
    """Those with a slip in the longest word alone; if nobody has, with one in each.

    The longest word leads to the candidates. Words that are right narrow them down while they are looked up; words that
    may be wrong only choose among them.
    """
    longest = max(words, key=len)
    if not (SHORTEST_MISSPELT <= len(longest) <= LONGEST_MISSPELT and longest.isalpha()):
        return []
    leading = _gaps(longest) if len(longest) >= SHORTEST_WITH_GAPS else _slips(longest)
    right = [[_start(word)] for word in words if word != longest]
    ids = _search(names=[leading, *right], among=[_slips(longest)], limit=limit) if right else []
    return ids or _search(names=[leading], among=[_slips(word) for word in words], limit=limit)


def _slips(word: str) -> list[str]:
    """Patterns of all words that one slip of the finger away: two letters swapped, one too many, missing or wrong."""
    if len(word) < SHORTEST_MISSPELT:
        return [_start(word)]
    letters = [_escaped(letter) for letter in word]
    places = range(len(letters))
    slips = {
        *("".join([*letters[:at], *letters[at + 1 :]]) for at in places),
        *("".join([*letters[:at], "_", *letters[at + 1 :]]) for at in places[1:-1]),
        *("".join([*letters[:at], "_", *letters[at:]]) for at in places[1:]),
        *("".join([*letters[:at], letters[at + 1], letters[at], *letters[at + 2 :]]) for at in places[:-1]),
    }
    return sorted(f"% {slip}%" for slip in slips)


def _gaps(word: str) -> list[str]:
    """A slip touches two neighbours at most: one of these patterns leaves out both, and holds all the rest."""
    starts = range(0, len(word) - 1, 2)
    return [f"{f'% {word[:at]}' if at else ''}%{word[at + 3 :]}%" for at in starts]


def _start(word: str) -> str:
    return f"% {''.join(map(_escaped, word))}%"


def _infix(word: str) -> str:
    return f"%{''.join(map(_escaped, word))}%"


def _escaped(letter: str) -> str:
    return f"\\{letter}" if letter in "\\%_" else letter


def _search(
    *,
    texts: Sequence[str] = (),
    names: Sequence[Sequence[str]] = (),
    among: Sequence[Sequence[str]] = (),
    limit: int,
) -> list[int]:
    """LIKE patterns: all of `texts` in whatever is known, one of each of `names` in the name, each by its index.

    `among` chooses from what these led to, again one of each, and is not looked up.
    """
    patterns = {"texts": texts, "names": names, "among": among}
    with connection.cursor() as cursor:
        cursor.execute("select customers_search(%s::jsonb, %s)", [json.dumps(patterns), limit])
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
