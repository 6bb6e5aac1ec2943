"""How often customers want to be written to, as they say on their preference page."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class MessagesPaused(EventBody):
    """`until` is an instant, in ISO 8601: it ends by itself."""

    until: str


@dataclass(frozen=True, kw_only=True)
class PauseEnded(EventBody):
    """Taken back by the customer, before it was over."""


@dataclass(frozen=True, kw_only=True)
class PauseRanOut(EventBody):
    """Over by itself: its day has come."""


@dataclass(frozen=True, kw_only=True)
class LessOftenChosen(EventBody):
    """No more than one message with a topic in any seven days."""


@dataclass(frozen=True, kw_only=True)
class LessOftenEnded(EventBody):
    pass
