"""How often somebody may sign up: counted in Valkey, and refused when nobody can count.

An address gets few messages that it did not ask for, however many strangers type it in; and a workspace writes
to so many, however many connections somebody signs them up by.
"""

from __future__ import annotations

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.scope import current_workspace_id
from messaging.addresses import hash_address

HOUR, DAY = 3600, 24 * 3600
PER_CONNECTION = (20, HOUR)
PER_ADDRESS = (3, DAY)
PER_WORKSPACE = (500, HOUR)


class CannotCount(Exception):
    """Valkey is away. Without it there would be no limit, so nobody gets in until it is back."""


def connection_may_join(connection: str) -> bool:
    return _spend(f"join:connection:{connection}", *PER_CONNECTION)


def workspace_may_ask() -> bool:
    return _spend("join:workspace", *PER_WORKSPACE)


def address_may_be_asked(address: str) -> bool:
    return _spend(f"join:address:{hash_address(address)}", *PER_ADDRESS)


def _spend(name: str, limit: int, seconds: int) -> bool:
    """Count one more within the window that began with the first. Raises CannotCount."""
    key = f"{name}:{current_workspace_id()}"
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
