"""Countries by their names in the languages that shops export in."""

from __future__ import annotations

from functools import cache

from babel import Locale

from customers.normalising import clean_country, countries

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "fi", "cs", "tr")


def country_code(value: str) -> str:
    """`DE` of `DE`, `Germany` or `Deutschland`. Raises ValueRefused for anything that is no country."""
    text = value.strip()
    return _by_name().get(text.casefold()) or clean_country(text)


@cache
def _by_name() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in Locale(language).territories.items()
        if code in countries()
    }
