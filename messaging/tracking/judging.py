"""Who followed the links of one message, told by how it was done: a scanner follows all of them, and at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from messaging.models import Trace
from messaging.tracking.marking import HONEYPOT

# Nobody reads a message that fast after it left.
TOO_SOON = timedelta(seconds=5)
# Links followed one after the other within this time were not read in between.
AT_ONCE = timedelta(seconds=1)
# Who took the hidden link is at work for so long, before and after.
TRAPPED_BEFORE, TRAPPED_AFTER = timedelta(seconds=5), timedelta(seconds=60)
# Until then nothing is said about a trace: what betrays it may come right after.
JUDGED_AFTER = timedelta(seconds=4)


def machines_among(traces: Sequence[Trace], *, left_at: datetime | None, trapped_at: Sequence[datetime]) -> set[int]:
    """The ids of those traces of one message, in order, that no person left. `trapped_at`: earlier falls for the trap.

    Raises nothing; a trace of before the message left is a machine's.
    """
    trapped = [*trapped_at, *(trace.at for trace in traces if trace.link == HONEYPOT)]
    machines = {
        trace.pk
        for trace in traces
        if trace.is_machine
        or trace.link == HONEYPOT
        or left_at is None
        or trace.at < left_at + TOO_SOON
        or any(at - TRAPPED_BEFORE <= trace.at <= at + TRAPPED_AFTER for at in trapped)
    }
    return machines | _volleys([trace for trace in traces if trace.link])


def _volleys(clicks: Sequence[Trace]) -> set[int]:
    """Those of several links followed at once. One link twice is a double click."""
    found: set[int] = set()
    volley: list[Trace] = []
    for click in [*clicks, None]:
        if volley and (click is None or click.at - volley[-1].at > AT_ONCE):
            if len({each.link for each in volley}) > 1:
                found |= {each.pk for each in volley}
            volley = []
        if click is not None:
            volley.append(click)
    return found
