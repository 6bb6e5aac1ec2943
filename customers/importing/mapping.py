"""Which column holds what: guessed from the words at its head, and from the look of what stands below."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from django.utils import translation

from customers.contracts import ImportField, Shape
from customers.importing.formats import DayOrder, DecimalSign, guess_day_order, guess_decimal_sign
from customers.importing.plans import ATTRIBUTE
from customers.importing.reading import Head

_EMAIL = re.compile(r"\S+@\S+\.\S+")
_WORD = re.compile(r"[\W_]+")
_MOST_OF = 0.6


def guess_fields(head: Head, fields: Sequence[ImportField]) -> list[str]:
    """For each column the name of the field it seems to hold, or nothing. No field is guessed twice."""
    words = [normal(name) for name in head.columns]
    guessed = [""] * len(words)
    for fits in (_is_called, _mentions):
        for field in fields:
            if field.name in guessed:
                continue
            for at, word in enumerate(words):
                if not guessed[at] and fits(field, word):
                    guessed[at] = field.name
                    break
    for field in fields:
        if field.shape is Shape.EMAIL and field.name not in guessed:
            for at in range(len(words)):
                if not guessed[at] and _are_addresses(column(head, at)):
                    guessed[at] = field.name
                    break
    return guessed


def _is_called(field: ImportField, word: str) -> bool:
    """Also by our own name for it: in the reader's language, and in English, as in a file exported from here."""
    with translation.override("en"):
        in_english = str(field.label)
    return word in {normal(guess) for guess in (field.name, str(field.label), in_english, *field.guesses)}


def _mentions(field: ImportField, word: str) -> bool:
    """A guess of several letters stands in the header as words of their own: “Billing e-mail address”."""
    return any(f" {normal(guess)} " in f" {word} " for guess in field.guesses if len(guess) > 3)  # noqa: PLR2004  letters


def normal(header: str) -> str:
    """Letters and digits in lower case without accents: `E-Mail_Adresse` is `e mail adresse`."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    plain = "".join(each for each in unicodedata.normalize("NFKD", split) if not unicodedata.combining(each))
    return _WORD.sub(" ", plain.casefold()).strip()


def as_attribute(header: str, at: int, kind: str) -> str:
    """The field of a column that is kept as an attribute; one whose name has no Latin letters goes by its place."""
    key = normal(header).encode("ascii", "ignore").decode().strip().replace(" ", "_")[:60]
    return f"{ATTRIBUTE}{kind}:{key or f'column_{at + 1}'}"


def column(head: Head, at: int) -> list[str]:
    return [record.cells[at] for record in head.records if at < len(record.cells) and record.cells[at].strip()]


def _are_addresses(values: Sequence[str]) -> bool:
    return bool(values) and sum(bool(_EMAIL.fullmatch(value.strip())) for value in values) > len(values) * _MOST_OF


def guess_formats(
    head: Head, chosen: Sequence[str], fields: Sequence[ImportField]
) -> tuple[DayOrder | None, DecimalSign]:
    """The order of days (None: somebody must say) and the decimal sign of the columns that hold such."""
    shapes = {field.name: field.shape for field in fields}
    days = [value for at, name in enumerate(chosen) if shapes.get(name) is Shape.DAY for value in column(head, at)]
    amounts = [
        value for at, name in enumerate(chosen) if shapes.get(name) is Shape.AMOUNT for value in column(head, at)
    ]
    return guess_day_order(days), guess_decimal_sign(amounts)
