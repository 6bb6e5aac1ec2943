"""Whether everything that a request needs is there."""

import logging

from django.db import Error, connection
from redis.exceptions import RedisError

from crm import heartbeat

_log = logging.getLogger(__name__)


def health() -> dict[str, str]:
    """`ok` or what is wrong, of each part."""
    return {"web": "ok", "database": _database(), "worker": _worker()}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Error:
        _log.warning("health: the database does not answer", exc_info=True)
        return "does not answer"
    return "ok"


def _worker() -> str:
    try:
        return "ok" if heartbeat.is_beating() else "none is running"
    except RedisError:
        _log.warning("health: the broker does not answer", exc_info=True)
        return "unknown: the broker does not answer"
