from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from crm.embedded.process import wait_until
from crm.together import Together


class Counter:
    """Serves only while it is open, so that a test decides who comes together."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[int]]] = []
        self.is_open = Event()
        self.together = Together(self._serve)

    def _serve(self, topic: str, items: Sequence[int]) -> list[int]:
        self.groups.append((topic, list(items)))
        self.is_open.wait(10)
        if 0 in items:
            raise ZeroDivisionError
        return [100 // item for item in items]

    def come(self, pool: ThreadPoolExecutor, topic: str, items: Sequence[int]) -> list[Future[int]]:
        """One after the other, each in a thread of its own."""
        asked = []
        for item in items:
            before = self._count()
            asked.append(pool.submit(self.together.ask, topic, item))
            wait_until(lambda before=before: self._count() > before, seconds=10)  # type: ignore[misc]
        return asked

    def _count(self) -> int:
        return sum(len(items) for _, items in self.groups) + sum(map(len, self.together._waiting.values()))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as threads:
        yield threads


def test_who_comes_alone_is_served_at_once(pool: ThreadPoolExecutor) -> None:
    counter = Counter()
    counter.is_open.set()

    assert [counter.together.ask("a", item) for item in (1, 2)] == [100, 50]
    assert counter.groups == [("a", [1]), ("a", [2])]
    assert counter.together._waiting == {}


def test_who_comes_meanwhile_is_served_together(pool: ThreadPoolExecutor) -> None:
    counter = Counter()

    asked = counter.come(pool, "a", [1, 2, 4, 5])
    counter.is_open.set()

    assert [future.result(10) for future in asked] == [100, 50, 25, 20]
    assert counter.groups == [("a", [1]), ("a", [2, 4, 5])]
    assert counter.together._waiting == {}


def test_topics_do_not_wait_for_one_another(pool: ThreadPoolExecutor) -> None:
    counter = Counter()

    asked = [*counter.come(pool, "a", [1, 2]), *counter.come(pool, "b", [4, 5])]
    assert counter.groups == [("a", [1]), ("b", [4])]
    counter.is_open.set()

    assert [future.result(10) for future in asked] == [100, 50, 25, 20]
    assert sorted(counter.groups[2:]) == [("a", [2]), ("b", [5])]


def test_what_is_raised_reaches_everyone_whom_it_concerns_and_nobody_else(pool: ThreadPoolExecutor) -> None:
    counter = Counter()

    alone, *group = counter.come(pool, "a", [1, 2, 0, 4])
    counter.is_open.set()

    assert alone.result(10) == 100
    for future in group:
        with pytest.raises(ZeroDivisionError):
            future.result(10)
    assert counter.together.ask("a", 10) == 10
    assert counter.together._waiting == {}


def test_everyone_is_served_once_however_they_come(pool: ThreadPoolExecutor) -> None:
    counter = Counter()
    counter.is_open.set()

    asked = [(item, pool.submit(counter.together.ask, f"{item % 3}", item)) for item in range(1, 1001)]

    assert all(future.result(10) == 100 // item for item, future in asked)
    assert sorted(item for _, items in counter.groups for item in items) == list(range(1, 1001))
    assert counter.together._waiting == {}
