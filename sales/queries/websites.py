from __future__ import annotations

from sales.models import Sighting, Website

SHOWN = 20


def website_in_force() -> Website:
    """What holds for the workspace in scope: without a row of its own, the snippet is off."""
    return Website.objects.first() or Website()


def sightings() -> list[Sighting]:
    """Where the snippet was heard from, the latest first."""
    return list(Sighting.objects.order_by("-last_at", "-pk")[:SHOWN])
