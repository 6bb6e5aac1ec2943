"""How often somebody may ask: token buckets in Valkey, shared by all web processes."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import redis
from django.conf import settings

from accounts.rest.errors import ApiError

log = logging.getLogger(__name__)

# Refills by the server's own clock, so that web machines whose clocks differ agree. Answers whether there were as many
# tokens as were wanted, and how many are left.
_TAKE = """
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if bucket[1] then tokens = math.min(burst, bucket[1] + math.max(0, now - bucket[2]) * rate) end
local taken = 0
if tokens >= wanted then tokens = tokens - wanted; taken = 1 end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 1)
return {taken, tostring(tokens)}
"""
_TAKE_SHA = hashlib.sha1(_TAKE.encode(), usedforsecurity=False).hexdigest()

# While Valkey is away each process grants this share of the limit on its own, so that a few of them stay within it.
LOCAL_SHARE = 0.25
# Seconds before Valkey is asked again after it failed: its time-outs must not be paid by every request.
LOOK_AGAIN_AFTER = 5.0


@dataclass(frozen=True)
class Allowance:
    """What is left in a bucket. `rate` is tokens a second."""

    is_granted: bool
    tokens: float
    rate: float
    burst: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-Reset`: the seconds until the bucket is full again."""
        headers = {
            "RateLimit-Limit": str(self.burst),
            "RateLimit-Remaining": str(int(self.tokens)),
            "RateLimit-Reset": str(math.ceil((self.burst - self.tokens) / self.rate)),
        }
        if not self.is_granted:
            headers["Retry-After"] = str(self.retry_after)
        return headers

    @property
    def retry_after(self) -> int:
        return max(1, math.ceil((1 - self.tokens) / self.rate))

    def refuse_if_spent(self) -> None:
        if not self.is_granted:
            message = f"Too many requests. Try again in {self.retry_after} s."
            raise ApiError("rate_limited", message, retry_after=self.retry_after)


class LocalBuckets:
    """The same bucket in this process's memory."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}
        self._guard = Lock()

    def take(self, name: str, *, rate: float, burst: int, count: int = 1) -> Allowance:
        with self._guard:
            now = time.monotonic()
            tokens, at = self._buckets.get(name, (float(burst), now))
            tokens = min(burst, tokens + (now - at) * rate)
            is_granted = tokens >= count
            tokens -= count * is_granted
            self._buckets[name] = (tokens, now)
        return Allowance(is_granted, tokens, rate, burst)


class Limiter:
    """Valkey's answer, or while it is away the local one: the limit is never lifted."""

    def __init__(self, location: str, options: dict[str, Any]) -> None:
        self._connections = redis.ConnectionPool.from_url(location, **options)
        self._local = LocalBuckets()
        self._away_until = 0.0

    def take(self, name: str, *, rate: float, burst: int, count: int = 1) -> Allowance:
        if time.monotonic() >= self._away_until:
            try:
                taken, tokens = self._take(f"rate:{name}", rate, burst, count)
                return Allowance(bool(taken), float(tokens), rate, burst)
            except redis.RedisError:
                log.warning("Valkey is away: limiting within this process", exc_info=True)
                self._away_until = time.monotonic() + LOOK_AGAIN_AFTER
        return self._local.take(name, rate=rate * LOCAL_SHARE, burst=math.ceil(burst * LOCAL_SHARE), count=count)

    def _take(self, key: str, *arguments: float) -> Any:
        """As redis-py's `Script`, without its retries and statistics, which cost as much as the question."""
        connection = self._connections.get_connection()  # type: ignore[call-arg]  # older stubs
        try:
            try:
                connection.send_command("EVALSHA", _TAKE_SHA, 1, key, *arguments)
                return connection.read_response()
            except redis.exceptions.NoScriptError:
                connection.send_command("EVAL", _TAKE, 1, key, *arguments)
                return connection.read_response()
        finally:
            self._connections.release(connection)


@cache
def _limiter() -> Limiter:
    valkey = settings.CACHES["default"]
    return Limiter(valkey["LOCATION"], valkey.get("OPTIONS", {}))


def take_tokens(name: str, *, count: int = 1, rate: float | None = None, burst: int | None = None) -> Allowance:
    """As many as are wanted, or none. Unless another limit is named, that of an API key holds."""
    return _limiter().take(
        name,
        rate=settings.API_REQUESTS_PER_SECOND if rate is None else rate,
        burst=settings.API_BURST if burst is None else burst,
        count=count,
    )
