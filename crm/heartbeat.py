"""How the web knows that a worker is there: its event loop leaves a mark that soon fades (crm/celery.py)."""

from django.core.cache import cache

KEY = "worker-heartbeat"
_SECONDS_TO_FADE = 10  # the worker's loop comes by every 2 s


def leave_mark(**_: object) -> None:
    cache.set(KEY, 1, timeout=_SECONDS_TO_FADE)


def is_beating() -> bool:
    return cache.get(KEY) is not None
