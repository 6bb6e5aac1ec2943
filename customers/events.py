from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from timeline.models import Event
from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class CustomerJoined(EventBody):
    source: str


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(EventBody):
    """`changed` names the fields; their values are the profile's to tell."""

    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class CustomerTagged(EventBody):
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerUntagged(EventBody):
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class TagRenamed(EventBody):
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class TagRemoved(EventBody):
    """The tag itself, after it was taken off everybody who had it."""

    tag_id: int


@dataclass(frozen=True, kw_only=True)
class NoteWritten(EventBody):
    note_id: int


@dataclass(frozen=True, kw_only=True)
class NoteEdited(EventBody):
    note_id: int


@dataclass(frozen=True, kw_only=True)
class NoteArchived(EventBody):
    note_id: int


@dataclass(frozen=True, kw_only=True)
class AttributeDefined(EventBody):
    attribute_id: int


@dataclass(frozen=True, kw_only=True)
class AttributeRenamed(EventBody):
    attribute_id: int


@dataclass(frozen=True, kw_only=True)
class AttributeArchived(EventBody):
    attribute_id: int


@dataclass(frozen=True, kw_only=True)
class AttributeRestored(EventBody):
    attribute_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersMerged(EventBody):
    """Recorded on the survivor."""

    absorbed_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class MergeUndone(EventBody):
    absorbed_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersDistinguished(EventBody):
    """Found not to be the same person, recorded on the older record."""

    other_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerArchived(EventBody):
    pass


@dataclass(frozen=True, kw_only=True)
class CustomerRestored(EventBody):
    pass


@dataclass(frozen=True, kw_only=True)
class CustomerExported(EventBody):
    privacy_request_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerErased(EventBody):
    privacy_request_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentAdded(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentChanged(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentArchived(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentRestored(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentBuilt(EventBody):
    """All customers were looked at under a new rule. Whoever was found then did not enter: the rule came to them."""

    segment_id: int
    members_count: int


@dataclass(frozen=True, kw_only=True)
class SegmentEntered(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentLeft(EventBody):
    segment_id: int


@dataclass(frozen=True, kw_only=True)
class ImportStarted(EventBody):
    import_id: int


@dataclass(frozen=True, kw_only=True)
class ImportCancelled(EventBody):
    """What had been read until then stays."""

    import_id: int
    rows_read: int


@dataclass(frozen=True, kw_only=True)
class ImportCompleted(EventBody):
    import_id: int
    rows_created: int
    rows_refused: int


@dataclass(frozen=True, kw_only=True)
class CustomerListDownloaded(EventBody):
    """Many at once, as CSV. `filters` names those that were set, not what they were set to."""

    filters: list[str]


@dataclass(frozen=True, kw_only=True)
class VisitorRecognised(EventBody):
    """A visitor who has a record already turned out to be the customer; the two become one in the worker."""

    visitor_id: int


@dataclass(frozen=True, kw_only=True)
class CustomEvent(EventBody):
    """What a shop's own name means is the shop's to say. Its properties are the IngestedEvent's of this key."""

    name: str
    key: str


def customers_of(events: Iterable[Event]) -> set[int]:
    """Everybody whom these events are about; of a merge both sides, since both have changed."""
    named = ((event.customer_id, event.payload.get("absorbed_id")) for event in events)
    return {customer_id for pair in named for customer_id in pair if customer_id is not None}
