"""How often something may be done in a while: counted in Valkey, from the first time on.

For what people do now and then; programs have `token_buckets`, which go on while Valkey is away.
"""

from __future__ import annotations

from django.core.cache import cache
from redis.exceptions import RedisError


class CannotCount(Exception):
    """Valkey is away. Whether nobody gets in then, or everybody, is for who asks to say."""


def spend(key: str, limit: int, seconds: int) -> bool:
    """Count one more within the window that began with the first. False if it was too many. Raises CannotCount."""
    try:
        if cache.add(key, 1, timeout=seconds):
            return True
        return cache.incr(key) <= limit
    except ValueError:
        # The window ended between the two: this is the first of the next.
        cache.add(key, 1, timeout=seconds)
        return True
    except RedisError as error:
        raise CannotCount from error
