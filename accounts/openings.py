"""What a new workspace begins with: the rooms above furnish theirs."""

from __future__ import annotations

from collections.abc import Callable

_furnishings: dict[str, Callable[[], object]] = {}


def furnish(name: str, furnishing: Callable[[], object]) -> None:
    """`furnishing` is called in the scope, and in the transaction, in which a workspace is created."""
    _furnishings[name] = furnishing


def furnish_workspace() -> None:
    for name in sorted(_furnishings):
        _furnishings[name]()
