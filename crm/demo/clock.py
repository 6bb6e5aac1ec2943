"""The demo's past: what the product does under this clock it does then, by Python's time and by Postgres's alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any

from django.db import connection
from django.utils import timezone

_NOW = re.compile(r"\bnow\(\)")


class Clock:
    """Stands at `moment` until it is set to another. Only for the process that fills the demo, and one at a time."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self, tz: tzinfo | None = None) -> datetime:
        return self.moment.astimezone(tz)

    def __instancecheck__(self, value: object) -> bool:
        """Whoever asks in our place whether something is a datetime is answered as ever."""
        return isinstance(value, datetime)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        # What `timezone.now` asks: it is also the default of model fields, so it can't be replaced itself.
        kept = timezone.datetime  # type: ignore[attr-defined]
        timezone.datetime = self  # type: ignore[attr-defined, assignment]
        try:
            with connection.execute_wrapper(self._at_this_moment):
                yield
        finally:
            timezone.datetime = kept  # type: ignore[attr-defined]

    def _at_this_moment(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: Any,
        context: Any,
    ) -> Any:
        if isinstance(sql, str) and "now()" in sql:
            sql = _NOW.sub(f"'{self.moment.isoformat()}'::timestamptz", sql)
        return execute(sql, params, many, context)
