"""The language that the reader's page is in."""

from __future__ import annotations

from babel import Locale
from babel.core import UnknownLocaleError
from django.conf import settings
from django.utils.translation import get_language, to_locale


def reader_locale() -> Locale:
    """For Babel; English where Babel does not know the language."""
    try:
        return Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
