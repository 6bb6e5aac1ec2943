"""How often somebody may sign up: counted in Valkey, and refused when nobody can count.

An address gets few messages that it did not ask for, however many strangers type it in; and a workspace writes
to so many, however many connections somebody signs them up by.
"""

from __future__ import annotations

from accounts.scope import current_workspace_id
from accounts.windows import spend
from messaging.addresses import hash_address

HOUR, DAY = 3600, 24 * 3600
PER_CONNECTION = (20, HOUR)
PER_ADDRESS = (3, DAY)
PER_WORKSPACE = (500, HOUR)


def connection_may_join(connection: str) -> bool:
    return _spend(f"join:connection:{connection}", *PER_CONNECTION)


def workspace_may_ask() -> bool:
    return _spend("join:workspace", *PER_WORKSPACE)


def address_may_be_asked(address: str) -> bool:
    return _spend(f"join:address:{hash_address(address)}", *PER_ADDRESS)


def _spend(name: str, limit: int, seconds: int) -> bool:
    """In this workspace. Raises CannotCount: without a limit nobody gets in until Valkey is back."""
    return spend(f"{name}:{current_workspace_id()}", limit, seconds)
