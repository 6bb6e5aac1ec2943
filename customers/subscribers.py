from __future__ import annotations

from collections.abc import Sequence

from customers.actions.merging import merge_recognised_visitors
from customers.events import VisitorRecognised
from customers.models import Segment
from customers.segments.membership import follow, follow_lists
from timeline.models import Event
from timeline.registry import subscribe


# A merge asks every room in turn: a few of them are as much as one transaction should hold.
@subscribe(VisitorRecognised, batch_size=10)
def merge_visitors(events: Sequence[Event]) -> None:
    merge_recognised_visitors(
        [(event.customer_id, event.payload["visitor_id"]) for event in events if event.customer_id]
    )


@subscribe(when=Segment.objects.exists)
def follow_segments(events: Sequence[Event]) -> None:
    """Anything may make somebody fit, or not fit any more: each segment knows what it listens to."""
    follow(Segment.objects.in_use().ruled().order_by("pk"), events)
    follow_lists(events)
