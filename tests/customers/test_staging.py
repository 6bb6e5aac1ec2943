from __future__ import annotations

from datetime import UTC, datetime

import pytest

from customers.staging import fetch, mixed, texts

ODD = ["", "null", "NULL", 'a "quoted" word', "back\\slash", "{a,b}", "two\nlines", "ö ß 🙂", "%s", "'; select 1"]


@pytest.mark.usefixtures("db")
def test_texts_come_back_as_they_were() -> None:
    assert fetch("select unnest(%s::text[])", [texts(ODD)]) == [(each,) for each in ODD]
    assert fetch("select unnest(%s::text[])", [mixed(ODD)]) == [(each,) for each in ODD]


@pytest.mark.usefixtures("db")
def test_columns_of_any_type_come_back_with_their_gaps() -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    columns = [1, None, None, 2, 2, 1], [None, moment, moment, None, moment, None], ["", None, "x", "x", None, ""]

    found = fetch(
        "select * from unnest(%s::bigint[], %s::timestamptz[], %s::text[])", [mixed(column) for column in columns]
    )

    assert found == list(zip(*columns, strict=True))
    assert fetch("select * from unnest(%s::bigint[])", [mixed([])]) == []
