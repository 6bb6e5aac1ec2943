from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from customers.segments.compiling import Understood
from customers.segments.definitions import definition_of
from customers.segments.fields import Frame
from tests.customers.segments.street import TODAY, definition, people

pytestmark = pytest.mark.usefixtures("workspace")

DEFINITIONS = 150


def understood(raw: dict[str, Any]) -> Understood:
    return Understood(definition_of(raw))


def found(segment: Understood, frame: Frame) -> set[int]:
    return set(segment.customers(frame).values_list("pk", flat=True))


def test_facts_and_the_rows_they_are_counted_from_find_the_same_people_for_any_definition() -> None:
    chance = random.Random(7)
    people(chance)
    everybody = sorted(
        found(understood({"match": "all", "rules": [{"field": "name", "is": "is_known"}]}), Frame(TODAY))
    )
    sizes = set()

    for _ in range(DEFINITIONS):
        raw = definition(chance)
        segment = understood(raw)
        by_facts = found(segment, Frame(TODAY))
        some = chance.sample(everybody, 20)

        assert found(segment, Frame(TODAY, is_raw=True)) == by_facts, raw
        assert found(segment, Frame(TODAY, some, is_raw=True)) == by_facts & set(some), raw
        sizes.add(len(by_facts))

    # Else the definitions would prove nothing.
    assert len(sizes) > 20


def test_nobody_comes_or_goes_by_the_passing_of_days_who_is_not_looked_at_again() -> None:
    chance = random.Random(11)
    people(chance)
    turned = 0

    for _ in range(DEFINITIONS):
        raw = definition(chance)
        segment = understood(raw)
        since = TODAY - timedelta(days=chance.choice((1, 2, 40)))
        before, after = found(segment, Frame(since)), found(segment, Frame(TODAY))
        turning = segment.turning(Frame(TODAY), since=since)
        looked_at = set(turning.values_list("pk", flat=True)) if turning is not None else set()

        assert before ^ after <= looked_at, raw
        turned += len(before ^ after)

    assert turned > 30
