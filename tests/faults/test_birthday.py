"""The short version of `./run faults birthday`: the same sender, killed a few times, with the same oracle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import _birthdays as birthdays
from tests.faults._outbox import SLUG, Outbox
from tests.faults._processes import background
from tests.faults._torment import Torturer, counting_sink, finish, verdict

CUSTOMERS, KILLS = 500, 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shared_database")
def test_workers_that_are_killed_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, outbox = birthdays.celebrate(CUSTOMERS), Outbox()
    birthdays.greet()
    with counting_sink(tmp_path, seconds=0.03) as environment:
        for name, value in {**environment, "MESSAGE_CHUNK": "40"}.items():
            monkeypatch.setenv(name, value)
        senders = ("-m", "tests.faults._senders", "3", SLUG)
        with background(*senders, log=tmp_path / "worker.log") as worker:
            score = Torturer(outbox, kills=KILLS).torment(worker, CUSTOMERS)
            finish(outbox, tmp_path, CUSTOMERS)

    result, is_good = verdict(expected, tmp_path, outbox, score)

    assert is_good, result
    assert score.kills >= 3
