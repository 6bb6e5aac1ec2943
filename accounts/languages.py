"""The language that the reader's page is in."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError
from django.conf import settings
from django.utils.translation import get_language, to_locale


def reader_locale() -> Locale:
    """For Babel; English where Babel does not know the language."""
    return _locale_of(get_language() or settings.LANGUAGE_CODE)


@lru_cache(maxsize=128)
def _locale_of(language: str) -> Locale:
    """Parsed once: a page of a list writes 200 days, numbers and amounts."""
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
