"""How a customer's own events read on their timeline."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.contracts import TimelineEntry, describes, timeline_group
from customers.field_names import field_name
from customers.models import Customer, IngestedEvent, Note, Segment, Tag
from timeline.models import Event

PROFILE = timeline_group("profile", gettext_lazy("Profile"))
NOTES = timeline_group("notes", gettext_lazy("Notes"))
PRIVACY = timeline_group("privacy", gettext_lazy("Privacy"))
ACTIVITY = timeline_group("activity", gettext_lazy("Activity"))
LONGEST_EXCERPT = 300
_SOURCES = {
    "hand": gettext_lazy("Added by hand"),
    "api": gettext_lazy("Through the API"),
    "import": gettext_lazy("From a file"),
    "join page": gettext_lazy("On the join page"),
}


@describes("CustomerJoined", group=PROFILE)
def describe_joining(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    def words(event: Event) -> TimelineEntry:
        source = str(event.payload.get("source", ""))
        return TimelineEntry("user-plus", _("Became a customer"), str(_SOURCES.get(source, source)))

    return {event.pk: words(event) for event in events}


@describes("CustomerChanged", group=PROFILE)
def describe_changes(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    def fields(event: Event) -> str:
        return ", ".join(field_name(str(name)) for name in event.payload.get("changed", []))

    return {event.pk: TimelineEntry("user-edit", _("Profile changed"), fields(event)) for event in events}


@describes("CustomerArchived", "CustomerRestored", group=PROFILE)
def describe_archiving(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "CustomerArchived": TimelineEntry("archive", _("Archived")),
        "CustomerRestored": TimelineEntry("arrow-back-up", _("Restored")),
    }
    return {event.pk: words[event.kind] for event in events}


@describes("CustomerTagged", "CustomerUntagged", group=PROFILE)
def describe_tagging(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    tags = Tag.objects.in_bulk({event.payload.get("tag_id") for event in events})
    named = {"CustomerTagged": _("Tagged “%s”"), "CustomerUntagged": _("Tag “%s” taken off")}
    nameless = {"CustomerTagged": _("Tagged, with a tag that is gone"), "CustomerUntagged": _("A tag was removed")}

    def words(event: Event) -> str:
        tag = tags.get(event.payload.get("tag_id"))
        return named[event.kind] % tag.name if tag else nameless[event.kind]

    return {event.pk: TimelineEntry("tag", words(event)) for event in events}


@describes("SegmentEntered", "SegmentLeft", group=PROFILE)
def describe_segments(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    segments = Segment.objects.in_bulk({event.payload["segment_id"] for event in events})
    came = {"SegmentEntered": _("Came into “%s”"), "SegmentLeft": _("Left “%s”")}

    def words(event: Event) -> TimelineEntry:
        segment = segments[event.payload["segment_id"]]
        url = reverse("customers:segment_detail", args=[segment.pk])
        return TimelineEntry("filter", came[event.kind] % segment.name, url=url)

    return {event.pk: words(event) for event in events}


@describes("NoteWritten", "NoteEdited", "NoteArchived", group=NOTES)
def describe_notes(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    """A note that is archived, or was erased, no longer shows its text."""
    notes = Note.objects.in_bulk({event.payload.get("note_id") for event in events})
    words = {"NoteWritten": _("Note"), "NoteEdited": _("Note edited"), "NoteArchived": _("Note archived")}

    def entry(event: Event) -> TimelineEntry:
        note = notes.get(event.payload.get("note_id"))
        if event.kind != "NoteWritten" or note is None or note.archived_at:
            return TimelineEntry("note", words[event.kind])
        url = reverse("customers:note_edit", args=[note.pk])
        return TimelineEntry("note", words[event.kind], note.text[:LONGEST_EXCERPT], url)

    return {event.pk: entry(event) for event in events}


@describes("VisitorRecognised", group=PROFILE)
def describe_recognition(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    return {event.pk: TimelineEntry("user", _("Recognised as a visitor who was here before")) for event in events}


@describes("CustomersMerged", "MergeUndone", group=PROFILE)
def describe_merges(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    absorbed = Customer.objects.in_bulk({event.payload.get("absorbed_id") for event in events})
    words = {"CustomersMerged": _("Merged with %s"), "MergeUndone": _("Merge with %s undone")}
    return {
        event.pk: TimelineEntry("arrow-merge", words[event.kind] % other)
        for event in events
        if (other := absorbed.get(event.payload.get("absorbed_id")))
    }


@describes("CustomersDistinguished", group=PROFILE)
def describe_distinctions(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    others = Customer.objects.in_bulk({event.payload.get("other_id") for event in events})

    def words(event: Event) -> str:
        other = others.get(event.payload.get("other_id"))
        return _("Found to be somebody else than %s") % other if other else _("Found to be somebody else")

    return {event.pk: TimelineEntry("users", words(event)) for event in events}


@describes("CustomerExported", "CustomerErased", group=PRIVACY)
def describe_privacy(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "CustomerExported": TimelineEntry("download", _("Everything known was handed out")),
        "CustomerErased": TimelineEntry("eye-off", _("Erased")),
    }
    return {event.pk: words[event.kind] for event in events}


@describes("CustomEvent", group=ACTIVITY)
def describe_custom_events(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    """By the shop's own name for it, with what it said about it."""
    keys = {event.payload["key"] for event in events} - {""}
    told = {str(each.key): each for each in IngestedEvent.objects.filter(key__in=keys)}

    def detail(event: Event) -> str:
        each = told.get(event.payload["key"])
        return each.properties_in_words()[:LONGEST_EXCERPT] if each else ""

    return {
        event.pk: TimelineEntry("activity", event.payload["name"] or _("Something happened"), detail(event))
        for event in events
    }
