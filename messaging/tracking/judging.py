"""Who followed the links of one message, told by how it was done: a scanner follows all of them, and at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from messaging.models import Trace
from messaging.tracking.marking import HONEYPOT

# Nobody reads a message that fast after it left.
TOO_SOON = timedelta(seconds=5)
# Links followed one after the other within this time were not read in between.
AT_ONCE = timedelta(seconds=1)
# Who took the hidden link is at work for so long, before and after.
TRAPPED_BEFORE, TRAPPED_AFTER = timedelta(seconds=5), timedelta(seconds=60)
# Until then nothing is said about a trace: what betrays it may come right after, and be a moment on its way.
JUDGED_AFTER = TRAPPED_BEFORE + timedelta(seconds=1)
# The trap itself stays for those that it still has to betray.
TRAP_JUDGED_AFTER = TRAPPED_AFTER + JUDGED_AFTER
# Links followed one after the other for longer are judged as far as they came.
LONGEST_VOLLEY = timedelta(seconds=60)


def ripe_among(traces: Sequence[Trace], *, now: datetime) -> set[int]:
    """The ids of those traces of one message, in order, that can be judged and then be gone.

    Not the first of those that are still being followed at once: it would be the only witness of the last.
    """
    ripe = {
        trace.pk
        for trace in traces
        if trace.at <= now - (TRAP_JUDGED_AFTER if trace.link == HONEYPOT else JUDGED_AFTER)
    }
    for volley in _volleys([trace for trace in traces if trace.link]):
        if volley[-1].at > now - JUDGED_AFTER and volley[0].at > now - LONGEST_VOLLEY:
            ripe -= {each.pk for each in volley}
    return ripe


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
    for volley in _volleys([trace for trace in traces if trace.link]):
        # One link twice is a double click.
        if len({each.link for each in volley}) > 1:
            machines |= {each.pk for each in volley}
    return machines


def _volleys(clicks: Sequence[Trace]) -> Iterator[list[Trace]]:
    """Those that were followed at once, each of the next."""
    volley: list[Trace] = []
    for click in clicks:
        if volley and click.at - volley[-1].at > AT_ONCE:
            yield volley
            volley = []
        volley.append(click)
    if volley:
        yield volley
