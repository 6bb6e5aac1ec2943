from __future__ import annotations

from messaging.models import Message, TrackingPolicy


def tracking_policy() -> TrackingPolicy:
    """The workspace's, saved or not: without one of its own it counts opens and clicks."""
    return TrackingPolicy.objects.first() or TrackingPolicy()


def address_behind(message: Message, link: str) -> str:
    """Where the message's link of this number led when it left; empty if it has none. `link_set` comes along."""
    shared = message.link_set.urls if message.link_set else {}
    return str((message.links or {}).get(link) or shared.get(link) or "")
