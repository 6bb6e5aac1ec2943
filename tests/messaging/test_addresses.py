from __future__ import annotations

import hashlib

import pytest
from pytest_django import Settings

from messaging.addresses import hash_address, mask_address


def test_spelling_does_not_matter() -> None:
    assert hash_address(" Maria@Bakery.example ") == hash_address("maria@bakery.example")


def test_both_spellings_of_a_foreign_domain_are_one() -> None:
    assert hash_address("maria@xn--bcker-gra.example") == hash_address("Maria@b\u00e4cker.example")


def test_what_is_no_address_has_a_hash_too() -> None:
    assert hash_address("\ud800") != hash_address("nobody")


def test_the_hash_needs_the_key(settings: Settings) -> None:
    ours = hash_address("maria@bakery.example")
    settings.ADDRESS_HASH_KEY = "another"

    assert hash_address("maria@bakery.example") != ours
    assert ours != hashlib.sha256(b"maria@bakery.example").hexdigest()


@pytest.mark.parametrize(
    ("address", "masked"),
    [("maria@bakery.example", "m…@bakery.example"), ("@bakery.example", "…@bakery.example"), ("maria", ""), ("", "")],
)
def test_mask_address(address: str, masked: str) -> None:
    assert mask_address(address) == masked
