"""What a person types, or a file says, made comparable. Pure functions: forms, API and imports agree through them.

Each raises ValueRefused with a sentence that says what is wrong and what to write instead. An empty value is empty.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

import phonenumbers
from babel.core import get_global
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from customers.refusals import ValueRefused

LONGEST = {
    "name": 200,
    "email": 254,
    "phone": 40,
    "language": 10,
    "address": 300,
    "city": 120,
    "postal_code": 20,
    "source_channel": 60,
}
OLDEST_BIRTH_YEAR = 1890
SHORTEST_NATIONAL_NUMBER = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r"\s+")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# Plain addresses, which most are, need no parser (2 us instead of 50); everything else goes to email-validator.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z]{2,63}"
)
# So do numbers in full (3 us instead of 40); what is a number at all is phonenumbers' to say, by its own tables.
_PLAIN_PHONE = re.compile(r"\+[1-9](?:[ -]?[0-9]){6,14}")
_PLAIN_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?", re.IGNORECASE)


class Email(NamedTuple):
    """`norm` is what addresses are compared by."""

    written: str
    norm: str


class Phone(NamedTuple):
    """`norm` is E.164: +49301234567."""

    written: str
    norm: str


@dataclass(frozen=True)
class Birthday:
    """Many people tell their birthday and not their age, so the year is optional."""

    month: int
    day: int
    year: int | None = None

    @property
    def monthday(self) -> int:
        return self.month * 100 + self.day


def clean_line(value: str, *, field: str, longest: int | None = None) -> str:
    """One line of text: composed characters, single spaces, no control characters, at most `longest` characters."""
    # Most lines are clean already: to see that takes a tenth of the time of cleaning them.
    if value.isascii() and value.isprintable() and "  " not in value:
        line = value.strip()
    else:
        line = _SPACES.sub(" ", _CONTROL.sub(" ", unicodedata.normalize("NFC", value))).strip()
    return _storable(line, field=field, longest=longest or LONGEST[field])


def clean_text(value: str, *, field: str, longest: int) -> str:
    """As `clean_line`, with its lines and spaces kept."""
    lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").split("\n")
    text = "\n".join(_CONTROL.sub(" ", line).rstrip() for line in lines).strip()
    return _storable(text, field=field, longest=longest)


def _storable(text: str, *, field: str, longest: int) -> str:
    if len(text) > longest:
        raise ValueRefused(
            _("Shorten this to %(longest)s characters; it has %(length)s.") % {"longest": longest, "length": len(text)},
            field=field,
        )
    # A lone surrogate comes from broken JSON; no database can store it.
    if not text.isascii() and HALF_CHARACTER.search(text):
        raise ValueRefused(_("This holds half a character. Type it again."), field=field)
    return text


def clean_name(value: str) -> str:
    return clean_line(value, field="name")


def clean_email(value: str) -> Email:
    written = clean_line(value.strip(), field="email")
    if not written:
        return Email("", "")
    lowered = written.lower()
    if len(lowered.partition("@")[0]) <= 64 and _PLAIN_EMAIL.fullmatch(lowered):  # noqa: PLR2004  RFC 5321
        return Email(written, lowered)
    try:
        parsed = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueRefused(
            _("Write an e-mail address like maria@bakery.example. %(error)s") % {"error": error}, field="email"
        ) from error
    return Email(written, parsed.normalized.lower())


def clean_phone(value: str, *, country: str = "") -> Phone:
    """`country` (two letters) is where a number without a country code is meant to be."""
    written = clean_line(value, field="phone")
    if not written:
        return Phone("", "")
    if _PLAIN_PHONE.fullmatch(written) and (norm := _plain_norm(written)):
        return Phone(written, norm)
    try:
        parsed = phonenumbers.parse(written, country.upper() or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            reason = _("Begin with + and the country code, for example +49 30 1234567.")
        else:
            reason = _("Write a phone number, for example +49 30 1234567.")
        raise ValueRefused(reason, field="phone") from error
    # Some plans of numbers allow for two digits; such a number reaches no person.
    if not phonenumbers.is_possible_number(parsed) or (parsed.national_number or 0) < SHORTEST_NATIONAL_NUMBER:
        raise ValueRefused(_("This phone number has too many or too few digits."), field="phone")
    return Phone(written, phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _plain_norm(written: str) -> str:
    """E.164 of a number in full that needs nothing taken away or added; empty for any other, possible or not."""
    digits = written.replace(" ", "").replace("-", "")
    for end in (2, 3, 4):  # a country's code has one to three digits, and none begins another
        plan = _numbering_plans().get(digits[1:end])
        if plan:
            national = digits[end:]
            is_plain = len(national) in plan.lengths and national[0] != "0"
            return "" if not is_plain or (plan.prefix and plan.prefix.match(national)) else digits
    return ""


class _NumberingPlan(NamedTuple):
    """How long a country's numbers are, and what is dialled before them inside of it."""

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None


@cache
def _numbering_plans() -> dict[str, _NumberingPlan]:
    plans = {}
    for code, (region, *_others) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        if metadata is not None and metadata.general_desc is not None:
            prefix = metadata.national_prefix_for_parsing
            lengths = frozenset(metadata.general_desc.possible_length)
            plans[str(code)] = _NumberingPlan(
                lengths - set(range(len(str(SHORTEST_NATIONAL_NUMBER)))), re.compile(prefix) if prefix else None
            )
    return plans


def parse_birthday(value: str, *, day_first: bool = True, today: date | None = None) -> Birthday | None:
    """`1990-03-12`, `--03-12`, `03-12`, `12.3.1990`, `12.3.`, `12/3/1990`; slashes are read by `day_first`.

    An instant (`1990-03-12T00:00:00Z`) gives its day. Empty gives None.
    """
    if found := _PLAIN_DAY.fullmatch(value):
        return checked_birthday(year=int(found[1]), month=int(found[2]), day=int(found[3]), today=today)
    text = _SPACES.sub("", value.partition("T")[0] if value[4:5] == "-" else value)
    if not text:
        return None
    for pattern in _birthday_patterns(day_first=day_first):
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            year = int(parts["year"]) if parts.get("year") else None
            return checked_birthday(month=int(parts["month"]), day=int(parts["day"]), year=year, today=today)
    raise ValueRefused(_("Write a birthday as 1990-03-12, or 03-12 without the year."), field="birthday")


@cache
def _birthday_patterns(*, day_first: bool) -> tuple[re.Pattern[str], ...]:
    year, month, day = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
    first, second = (day, month) if day_first else (month, day)
    return (
        re.compile(rf"{year}[-/.]{month}[-/.]{day}"),
        re.compile(rf"(?:--)?{month}-{day}"),
        re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"),
        re.compile(rf"{day}\.{month}\.{year}?"),
        re.compile(rf"{first}[/-]{second}[/-]{year}"),
        re.compile(rf"{first}/{second}"),
    )


def checked_birthday(*, month: int, day: int, year: int | None = None, today: date | None = None) -> Birthday:
    """Refuses days that are in no calendar, and years that nobody living was born in."""
    today = today or date.today()  # noqa: DTZ011  day precision
    is_possible = year is None or OLDEST_BIRTH_YEAR <= year <= today.year
    try:
        born = date(year if year and is_possible else 2000, month, day)  # 2000 has a 29 February
    except ValueError as error:
        raise ValueRefused(_("There is no such day in the calendar."), field="birthday") from error
    if not is_possible or (year is not None and born > today):
        raise ValueRefused(
            _("The year of birth must lie between %(oldest)s and today.") % {"oldest": OLDEST_BIRTH_YEAR},
            field="birthday",
        )
    return Birthday(month, day, year)


def clean_language(value: str) -> str:
    """A tag like `de` or `pt-BR`."""
    text = value.strip().replace("_", "-")
    if text and not _LANGUAGE.fullmatch(text):
        raise ValueRefused(_("Write a language as its code, for example de or pt-BR."), field="language")
    primary, _dash, rest = text.partition("-")
    return f"{primary.lower()}-{rest.upper() if len(rest) == 2 else rest}" if rest else primary.lower()  # noqa: PLR2004


def clean_zone(value: str) -> str:
    """An IANA name like `Europe/Berlin`."""
    text = value.strip()
    if text and text not in _zones():
        raise ValueRefused(_("Write a time zone like Europe/Berlin."), field="zone")
    return text


def clean_country(value: str) -> str:
    """Two letters, ISO 3166: `DE`."""
    text = value.strip().upper()
    if text and text not in countries():
        raise ValueRefused(_("Write a country as its two letters, for example DE."), field="country")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def countries() -> frozenset[str]:
    territories = frozenset(phonenumbers.SUPPORTED_REGIONS) | frozenset(get_global("territory_zones"))
    return frozenset(code for code in territories if _is_country(code))


def country_of_zone(zone: str) -> str:
    """Where clocks show this zone: `Europe/Berlin` gives `DE`. Empty for zones that lie in no country."""
    territory = get_global("zone_territories").get(zone, "")
    return territory if _is_country(territory) else ""


def _is_country(territory: str) -> bool:
    """ISO 3166: two letters; a number is a continent, and ZZ is nowhere."""
    return len(territory) == 2 and territory.isalpha() and territory != "ZZ"  # noqa: PLR2004
