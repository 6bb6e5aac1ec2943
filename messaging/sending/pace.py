"""How fast the relay, and each recipient's domain, is given messages: all workers together.

Kept in the cache: losing it costs a second's restraint, and a relay that is still in trouble says so again.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 5, 300  # seconds
_FORGET_TROUBLE_AFTER = 900  # seconds


def take(lane: str, wanted: int, *, rate: int) -> int:
    """How many of `wanted` may go now: at most `rate` a second over all workers, any number for 0."""
    if rate <= 0 or wanted <= 0:
        return wanted
    key = f"pace:{lane}:{int(time.time())}"
    try:
        cache.add(key, 0, timeout=5)
        before = cache.incr(key, wanted) - wanted
        granted = max(0, min(wanted, rate - before))
        if granted < wanted:
            cache.decr(key, wanted - granted)
    except (RedisError, ValueError):  # ValueError: it was evicted in between
        log.warning("the pace of %s could not be asked for", lane, exc_info=True)
        return min(wanted, rate)
    return granted


def give_back(lane: str, count: int, *, taken_at: float, rate: int) -> None:
    """What was taken after `taken_at` (as `time.time()` tells it) and not needed: as long as that second lasts."""
    if rate <= 0 or count <= 0 or int(time.time()) != int(taken_at):
        return
    try:
        cache.decr(f"pace:{lane}:{int(taken_at)}", count)
    except (RedisError, ValueError):
        log.warning("the pace of %s could not be given back to", lane, exc_info=True)


def pause(lane: str) -> int:
    """Give it nothing for a while: 5 s, and twice as long each time until it takes something again. Returns seconds.

    Several workers meet the same trouble: while it is paused already, they change nothing.
    """
    if wait := paused_for(lane):
        return math.ceil(wait)
    try:
        cache.add(f"pace-trouble:{lane}", 0, timeout=_FORGET_TROUBLE_AFTER)
        times = cache.incr(f"pace-trouble:{lane}")
        seconds: int = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(times - 1, 10))
        cache.set(f"pace-pause:{lane}", time.time() + seconds, timeout=seconds)
    except (RedisError, ValueError):
        log.warning("the pause of %s could not be noted", lane, exc_info=True)
        return SHORTEST_PAUSE
    log.warning("%s gets nothing for %d s", lane, seconds)
    return seconds


def paused_for(lane: str) -> float:
    """Seconds until it may be tried again; 0 when it may be now."""
    return pauses_of([lane]).get(lane, 0.0)


def pauses_of(lanes: Collection[str]) -> dict[str, float]:
    """Seconds until each of those that are paused may be tried again."""
    try:
        found: dict[str, float] = cache.get_many([f"pace-pause:{lane}" for lane in lanes])
    except RedisError:
        return {}
    waits = {key.removeprefix("pace-pause:"): until - time.time() for key, until in found.items()}
    return {lane: wait for lane, wait in waits.items() if wait > 0}


def resume(lane: str) -> None:
    """It took something: the next trouble is the first again."""
    try:
        cache.delete_many([f"pace-trouble:{lane}", f"pace-pause:{lane}"])
    except RedisError:
        log.warning("the end of a pause of %s could not be noted", lane, exc_info=True)
