"""The shape of an event, and who listens to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from timeline.models import Event

Receive = Callable[[Sequence["Event"]], None]

_events: dict[str, type[EventBody]] = {}
_subscribers: dict[str, Subscriber] = {}


@dataclass(frozen=True, kw_only=True)
class EventBody:
    """Base of every event: a frozen dataclass in the past tense that holds ids, numbers and states, no free text.

    `occurred_at` is when it happened, if that was not now. The other fields of a subclass become the payload.
    """

    customer_id: int | None
    occurred_at: datetime | None = None

    kind: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = cls.__name__
        _events[cls.kind] = cls

    @classmethod
    def payload_fields(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name not in {"customer_id", "occurred_at"}]

    def payload(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.payload_fields()}

    @classmethod
    def from_payload(cls, payload: dict[str, Any], *, customer_id: int | None, occurred_at: datetime) -> Self:
        """Fields that were added after the event was recorded take their defaults; dropped ones are ignored."""
        known = {name: payload[name] for name in cls.payload_fields() if name in payload}
        return cls(customer_id=customer_id, occurred_at=occurred_at, **known)


@dataclass(frozen=True)
class Subscriber:
    """`kinds` empty: every event. `is_wanted`: whether the workspace has anything that the events could be for."""

    name: str
    kinds: tuple[str, ...]
    receive: Receive
    batch_size: int
    is_wanted: Callable[[], bool]


def subscribe(
    *events: type[EventBody], batch_size: int = 1000, when: Callable[[], bool] = lambda: True
) -> Callable[[Receive], Receive]:
    """Register a function of `app/subscribers.py` for batches of these events; of all events if none is named.

    Where `when` says no, what has happened by then is passed over unread, for good.
    """

    def register(receive: Receive) -> Receive:
        app = receive.__module__.split(".")[0]
        name = f"{app}.{receive.__name__}"
        _subscribers[name] = Subscriber(name, tuple(event.kind for event in events), receive, batch_size, when)
        return receive

    return register


def subscribers() -> list[Subscriber]:
    return [_subscribers[name] for name in sorted(_subscribers)]


def subscriber(name: str) -> Subscriber:
    return _subscribers[name]


def event_classes() -> list[type[EventBody]]:
    return [_events[kind] for kind in sorted(_events)]


def event_class(kind: str) -> type[EventBody]:
    return _events[kind]
