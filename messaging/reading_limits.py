"""How often links may be followed before nobody counts any more. They lead on all the same, also without Valkey."""

from __future__ import annotations

from accounts.windows import CannotCount, spend

HOUR = 3600
PER_MESSAGE = 200
GUESSES_PER_CONNECTION = 300


def message_may_be_counted(message_id: int) -> bool:
    """A message that is passed around, or that somebody plays with, is counted so often in an hour and no more."""
    return _spend(f"reading:message:{message_id}", PER_MESSAGE)


def connection_may_guess(connection: str) -> bool:
    """Whoever follows more links that never were is guessing; what else it asks for is not held against it."""
    return _spend(f"reading:connection:{connection}", GUESSES_PER_CONNECTION)


def _spend(key: str, limit: int) -> bool:
    try:
        return spend(key, limit, HOUR)
    except CannotCount:
        return True
