"""The transaction that wrote an event, as a number that only grows."""

from __future__ import annotations

from django.db import models


class TimelineTx(models.Func):
    """`origin + pg_current_xact_id()`: the origin is lifted after a restore, where the server counts low again."""

    function = "timeline_tx"
    arity = 0
    output_field = models.BigIntegerField()
