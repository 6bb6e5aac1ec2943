"""What a page says to people that no translator would ever see.

While a test marks the words, whatever comes out of the catalogue, or out of Babel, stands between ⟦ and ⟧.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, wraps
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import babel.dates
import babel.numbers
import pytest
from babel import Locale
from django.apps import apps
from django.core.files import File
from django.db import connection
from django.db.backends.postgresql.psycopg_any import Jsonb
from django.template import engines
from django.utils import translation

from accounts.models import AuditEntry
from crm.templatetags import rapport
from tests.architecture.house import APPS

OPEN, CLOSE = "⟦", "⟧"
CATALOGUE = ("gettext", "ngettext", "pgettext", "npgettext")
BABEL = [
    *(babel.dates.format_date, babel.dates.format_time, babel.dates.format_datetime, babel.dates.format_skeleton),
    *(babel.numbers.format_currency, babel.numbers.format_decimal, babel.numbers.format_percent),
]
# `data-label` is what the style sheet puts before a cell on a phone; app.js shows the others.
SAID_BY_ATTRIBUTES = {
    "aria-label",
    "title",
    "placeholder",
    "alt",
    "label",
    "data-label",
    "data-confirm",
    "data-default",
}
BUTTONS = {"submit", "button", "reset"}
# Scripts and styles are not read; codes, keys of the keyboard and what people type are the same in every language.
UNSPOKEN = {"script", "style", "code", "kbd", "pre", "textarea"}
INITIALS = {"mark", "avatar-initials"}
PRODUCT = "Rapport"


def marking(function: Callable[..., Any]) -> Callable[..., str]:
    @wraps(function)
    def marked(*args: Any, **kwargs: Any) -> str:
        return f"{OPEN}{function(*args, **kwargs)}{CLOSE}"

    return marked


def mark_words(monkeypatch: pytest.MonkeyPatch) -> None:
    engines.all()  # imports the filters of templates
    for name in CATALOGUE:
        monkeypatch.setattr(translation._trans, name, marking(getattr(translation._trans, name)))  # type: ignore[attr-defined]
    for module, name, function in _uses_of_babel():
        monkeypatch.setattr(module, name, marking(function))
    for cached in (rapport._amount, rapport._day, rapport._whole_number):
        monkeypatch.setattr(rapport, cached.__name__, cached.__wrapped__)  # or unmarked words came out of it


@cache
def _uses_of_babel() -> list[tuple[ModuleType, str, Callable[..., Any]]]:
    """Where our modules have imported one of those functions, and under which name."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in APPS]
    return [
        (module, name, value)
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and any(value is function for function in BABEL)
    ]


class Data:
    """What was written into the database, or sent in a form, while one looked: the test's own, and no page's words."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(self._gather))
            yield

    def add(self, value: Any) -> None:
        if isinstance(value, str):
            self._texts |= {line.strip() for line in value.splitlines()} - _codes() - {""}
        elif isinstance(value, dict):
            self.add(list(value.values()))
        elif isinstance(value, list | tuple):
            for each in value:
                self.add(each)
        elif isinstance(value, Jsonb):
            self.add(value.adapted)
        elif isinstance(value, File):
            self.add(re.split(r"[\r\n,]+", value.read().decode(errors="replace")))
            value.seek(0)

    def without(self, text: str) -> str:
        """What is left of a text without the test's data, the longest first."""
        for known in sorted(self._texts, key=len, reverse=True):
            if known in text:
                text = text.replace(known, "\0")
        return text

    def _gather(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        """An audit entry's words are the page's: they are phrases of ours, kept."""
        if sql.lstrip()[:6].upper() in {"INSERT", "UPDATE"} and AuditEntry._meta.db_table not in sql:
            self.add(list(params or ()))
        return execute(sql, params, many, context)


@cache
def _codes() -> frozenset[str]:
    """Values with a label, which is what a page should show."""
    fields = (field for model in apps.get_models() for field in model._meta.concrete_fields)
    return frozenset(str(value) for field in fields for value, _ in field.flatchoices)


@cache
def names_of_the_world() -> frozenset[str]:
    """Of currencies, countries, languages and time zones: Babel's, and the zones' own."""
    locale = Locale("en")
    currencies = {f"{code} · {name}" for code, name in locale.currencies.items()}
    return frozenset(currencies | set(locale.territories.values()) | set(locale.languages.values()))


class Reader(HTMLParser):
    """Gathers the `plain` texts of a page: seen or heard, with a letter, unmarked, and not the test's data."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.plain: list[str] = []
        self._data = data
        self._depth = 0
        self._unspoken: list[str] = []
        self._is_zone = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            if value and (
                name in SAID_BY_ATTRIBUTES or (name == "value" and tag == "input" and given.get("type") in BUTTONS)
            ):
                self._hear(value, self._depth, f"{tag} {name}")
        holds_initials = tag != "img" and INITIALS & set((given.get("class") or "").split())
        if tag in UNSPOKEN or holds_initials:  # a picture holds nothing, and has no end
            self._unspoken.append(tag)
        if tag == "select":
            self._is_zone = given.get("name") == "zone"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unspoken:
            self._unspoken.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._unspoken:
            self._depth = self._hear(data, self._depth, self.get_starttag_text() or "")

    def _hear(self, text: str, depth: int, where: str) -> int:
        outside, depth = _outside(text, depth)
        outside = " ".join(outside.split())
        if any(map(str.isalpha, outside)) and not self._is_named(outside):
            rest = self._data.without(outside).replace(PRODUCT, "")
            if any(map(str.isalpha, rest)):
                self.plain.append(f"{outside!r} in {where}")
        return depth

    def _is_named(self, text: str) -> bool:
        is_zone = self._is_zone and "/" in text
        return is_zone or text in names_of_the_world()


def _outside(text: str, depth: int) -> tuple[str, int]:
    """What stands outside every mark, and how deep in marks its end is."""
    outside = []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0 and letter != CLOSE:
            outside.append(letter)
        elif letter == OPEN and depth == 1:
            outside.append(" ")
    return "".join(outside), depth


def plain_texts(page: str, data: Data) -> list[str]:
    reader = Reader(data)
    reader.feed(page.replace("<wbr>", ""))
    reader.close()
    return reader.plain
