from __future__ import annotations

from datetime import date

import phonenumbers
import pytest

from customers.normalising import (
    SHORTEST_NATIONAL_NUMBER,
    Birthday,
    clean_country,
    clean_email,
    clean_language,
    clean_name,
    clean_phone,
    clean_zone,
    country_of_zone,
    parse_birthday,
)
from customers.refusals import ValueRefused


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("", ""),
        ("  Maria@Bakery.Example ", "maria@bakery.example"),
        ("o'neil+cake@bakery.example", "o'neil+cake@bakery.example"),
        ("maria@xn--bcher-kva.example", "maria@bücher.example"),
        ("maria@BÜCHER.example", "maria@bücher.example"),
    ],
)
def test_addresses_are_compared_by_one_form(written: str, norm: str) -> None:
    assert clean_email(written).norm == norm


@pytest.mark.parametrize(
    "written",
    [
        "maria",
        "maria@",
        "maria@bakery",
        "a..b@bakery.example",
        "a@b.example, c@d.example",
        "a@b.example\nBcc: x@y.example",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueRefused, match=r"maria@bakery\.example") as refused:
        clean_email(written)

    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("written", "country", "norm"),
    [
        ("", "DE", ""),
        ("030 1234567", "DE", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("+1 (202) 555-0143", "", "+12025550143"),
        ("+44 20 7946 0018", "DE", "+442079460018"),
    ],
)
def test_phones_are_compared_in_their_international_form(written: str, country: str, norm: str) -> None:
    assert clean_phone(written, country=country).norm == norm


@pytest.mark.parametrize(
    ("written", "country", "reason"),
    [
        ("030 1234567", "", r"Begin with \+"),
        ("call me", "DE", "Write a phone number"),
        ("12", "DE", "too many or too few"),
        ("+49 1234567890123456", "DE", "Write a phone number|too many"),
    ],
)
def test_what_is_no_phone_is_refused_with_what_to_do(written: str, country: str, reason: str) -> None:
    with pytest.raises(ValueRefused, match=reason):
        clean_phone(written, country=country)


def test_numbers_in_full_are_read_as_phonenumbers_reads_them() -> None:
    """Of each country every kind of number, whole, one digit short, and as people write their trunk prefix into it."""
    for region in phonenumbers.SUPPORTED_REGIONS:
        code = f"+{phonenumbers.country_code_for_region(region)}"
        for kind in phonenumbers.supported_types_for_region(region):
            example = phonenumbers.example_number_for_type(region, kind)
            assert example is not None
            whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            national = whole.removeprefix(code).strip()
            for written in (whole, whole[:-1], whole.replace(" ", ""), f"{code} 0{national}", f"{code} 1{national}"):
                assert _norm(written) == _norm_by_parsing(written), written


def _norm(written: str) -> str:
    try:
        return clean_phone(written).norm
    except ValueRefused:
        return ""


def _norm_by_parsing(written: str) -> str:
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return ""
    is_possible = phonenumbers.is_possible_number(parsed) and (parsed.national_number or 0) >= SHORTEST_NATIONAL_NUMBER
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if is_possible else ""


@pytest.mark.parametrize(
    ("written", "birthday"),
    [
        ("1990-03-12", Birthday(3, 12, 1990)),
        ("1990-03-12T00:00:00Z", Birthday(3, 12, 1990)),
        ("19900312", Birthday(3, 12, 1990)),
        ("12.3.1990", Birthday(3, 12, 1990)),
        ("12.3.", Birthday(3, 12)),
        ("--02-29", Birthday(2, 29)),
        ("02-29", Birthday(2, 29)),
        ("12/3/1990", Birthday(3, 12, 1990)),
        ("", None),
    ],
)
def test_birthdays_are_read_in_the_usual_ways(written: str, birthday: Birthday | None) -> None:
    assert parse_birthday(written) == birthday


def test_slashes_are_read_as_the_reader_says() -> None:
    assert parse_birthday("12/3/1990", day_first=False) == Birthday(12, 3, 1990)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("soon", "Write a birthday as"),
        ("31.2.1990", "no such day"),
        ("1991-02-29", "no such day"),
        ("0000-01-01", "no such day|must lie between"),
        ("2027-01-02", "must lie between"),
        ("1066-10-14", "must lie between"),
    ],
)
def test_impossible_birthdays_are_refused(written: str, reason: str) -> None:
    with pytest.raises(ValueRefused, match=reason):
        parse_birthday(written, today=date(2027, 1, 1))


def test_names_keep_their_letters_and_lose_what_nobody_sees() -> None:
    assert clean_name("  Zoe\u0308\x00\n 🎂  שרה ") == "Zoë 🎂 שרה"


@pytest.mark.parametrize("name", ["x" * 201, "half \ud83d"])
def test_names_that_cannot_be_kept_are_refused(name: str) -> None:
    with pytest.raises(ValueRefused):
        clean_name(name)


def test_codes_are_brought_to_their_usual_form() -> None:
    assert (clean_language("PT_br"), clean_country("de"), clean_zone(" Europe/Berlin ")) == (
        "pt-BR",
        "DE",
        "Europe/Berlin",
    )


@pytest.mark.parametrize(
    ("clean", "value"),
    [(clean_language, "German!"), (clean_country, "XX"), (clean_country, "001"), (clean_zone, "Berlin")],
)
def test_unknown_codes_are_refused_with_an_example(clean: object, value: str) -> None:
    assert callable(clean)
    with pytest.raises(ValueRefused, match=r"for example|like"):
        clean(value)


def test_a_zone_tells_its_country() -> None:
    assert (country_of_zone("Europe/Berlin"), country_of_zone("America/New_York"), country_of_zone("UTC")) == (
        "DE",
        "US",
        "",
    )
