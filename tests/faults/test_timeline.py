"""The short version of `./run faults timeline`: fewer writers' turns and kills, and no crash of Postgres."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults._processes import kill
from tests.faults.timeline import count, handing_over, torment

TRANSACTIONS, KILLS = 360, 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shared_database")
def test_consumers_that_are_killed_miss_and_repeat_nothing(tmp_path: Path) -> None:
    with handing_over():
        kills = torment(tmp_path / "consumers.log", TRANSACTIONS, kills=KILLS)
        lost, doubled, events = count()

    assert (lost, doubled, kills) == (0, 0, KILLS)
    assert events > TRANSACTIONS


def test_who_has_ended_by_itself_is_not_counted_as_killed() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert kill(ended.pid) is False
