from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Kwargs = dict[str, Any]


_numbers = count(1)


def nothing() -> Kwargs:
    return {}


def a_name(stem: str) -> str:
    """One that nothing else has: all rows may make their objects in one workspace."""
    return f"{stem} {next(_numbers)}"


@dataclass(frozen=True)
class Row:
    """How to open one URL: what it needs to exist, and what is posted to it.

    `make` makes the URL's own objects in the workspace in scope and gives the URL's arguments. `post` gives valid data
    for them; without it the URL is only read. `foreign` names each posted field that holds an id, with what makes such
    an object: another workspace's must be refused, with nothing written. `query` is what a reading link carries.
    """

    make: Callable[[], Kwargs] = nothing
    get: bool = True
    post: Callable[[Kwargs], Mapping[str, Any]] | None = None
    foreign: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    query: str = ""
    # Answers that say "done" for a valid request.
    done: tuple[int, ...] = (200, 204, 302, 303)
