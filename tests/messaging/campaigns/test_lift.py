from __future__ import annotations

import pytest

from messaging.lift import Lift, Share


@pytest.mark.parametrize(
    ("written_to", "held_out", "expected"),
    [
        # The examples of Newcombe (1998), table II, method 10.
        (Share(56, 70), Share(48, 80), (0.0524, 0.3339)),
        (Share(9, 10), Share(3, 10), (0.1705, 0.8090)),
        (Share(5, 56), Share(0, 29), (-0.0381, 0.1926)),
        (Share(0, 10), Share(0, 20), (-0.1611, 0.2775)),
        (Share(10, 10), Share(0, 10), (0.6075, 1.0)),
    ],
)
def test_the_interval_is_the_published_one(written_to: Share, held_out: Share, expected: tuple[float, float]) -> None:
    assert Lift(written_to, held_out).interval == pytest.approx(expected, abs=6e-5)


def test_few_people_prove_nothing() -> None:
    assert Lift(Share(50, 1000), Share(1, 99)).is_too_small
    assert not Lift(Share(50, 1000), Share(5, 100)).is_certain
    lift = Lift(Share(1000, 10_000), Share(50, 1000))
    assert (lift.is_certain, lift.extra) == (True, 500)


def test_nobody_at_all_is_no_error() -> None:
    assert Lift(Share(0, 0), Share(0, 0)).difference == 0
