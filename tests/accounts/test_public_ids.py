from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqids import Sqids

from accounts.public_ids import decode_id, encode_id


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_an_id_is_what_sqids_makes_of_the_number_and_leads_back(pk: int) -> None:
    public_id = encode_id("cus", pk)

    assert public_id == f"cus_{Sqids(min_length=8).encode([pk])}"
    assert decode_id("cus", public_id) == pk


def test_ids_stay_what_they_were() -> None:
    assert [encode_id("cus", pk) for pk in (0, 1, 2, 1_000_000, 2**63 - 1)] == IDS


@pytest.mark.parametrize("wrong", ["", "cus_", "ord_UkLWZg9D", "cus_UkLWZg9D0", "cus_" + "a" * 17, "cus_UkLW Zg9D"])
def test_what_was_never_written_names_nothing(wrong: str) -> None:
    assert decode_id("cus", wrong) is None


IDS = ["cus_bMZn4Y5F", "cus_UkLWZg9D", "cus_gbHJdmfr", "cus_gMvFoHJd", "cus_AqkYhRmbHpEX"]
