"""How a customer's own events read on their timeline."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from customers.contracts import TimelineEntry, describes
from customers.models import Customer, IngestedEvent, Note, Tag
from timeline.models import Event

PROFILE, NOTES, PRIVACY, ACTIVITY = "profile", "notes", "privacy", "activity"
LONGEST_EXCERPT = 300
_SOURCES = {
    "hand": "Added by hand",
    "api": "Through the API",
    "import": "From a file",
    "join page": "On the join page",
}


@describes("CustomerJoined", group=PROFILE)
def describe_joining(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    def words(event: Event) -> TimelineEntry:
        source = str(event.payload.get("source", ""))
        return TimelineEntry("user-plus", "Became a customer", _SOURCES.get(source, source))

    return {event.pk: words(event) for event in events}


@describes("CustomerChanged", group=PROFILE)
def describe_changes(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    def fields(event: Event) -> str:
        names = [str(name).rpartition(".")[2].replace("_", " ") for name in event.payload.get("changed", [])]
        return ", ".join(names).capitalize()

    return {event.pk: TimelineEntry("user-edit", "Profile changed", fields(event)) for event in events}


@describes("CustomerArchived", "CustomerRestored", group=PROFILE)
def describe_archiving(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "CustomerArchived": TimelineEntry("archive", "Archived"),
        "CustomerRestored": TimelineEntry("arrow-back-up", "Restored"),
    }
    return {event.pk: words[event.kind] for event in events}


@describes("CustomerTagged", "CustomerUntagged", group=PROFILE)
def describe_tagging(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    tags = Tag.objects.in_bulk({event.payload.get("tag_id") for event in events})
    named = {"CustomerTagged": "Tagged “{}”", "CustomerUntagged": "Tag “{}” taken off"}
    nameless = {"CustomerTagged": "Tagged, with a tag that is gone", "CustomerUntagged": "A tag was taken off"}

    def words(event: Event) -> str:
        tag = tags.get(event.payload.get("tag_id"))
        return named[event.kind].format(tag.name) if tag else nameless[event.kind]

    return {event.pk: TimelineEntry("tag", words(event)) for event in events}


@describes("NoteWritten", "NoteEdited", "NoteArchived", group=NOTES)
def describe_notes(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    """A note that is archived, or was erased, no longer shows its text."""
    notes = Note.objects.in_bulk({event.payload.get("note_id") for event in events})
    words = {"NoteWritten": "Note", "NoteEdited": "Note edited", "NoteArchived": "Note archived"}

    def entry(event: Event) -> TimelineEntry:
        note = notes.get(event.payload.get("note_id"))
        if event.kind != "NoteWritten" or note is None or note.archived_at:
            return TimelineEntry("note", words[event.kind])
        url = reverse("customers:note_edit", args=[note.pk])
        return TimelineEntry("note", words[event.kind], note.text[:LONGEST_EXCERPT], url)

    return {event.pk: entry(event) for event in events}


@describes("VisitorRecognised", group=PROFILE)
def describe_recognition(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    return {event.pk: TimelineEntry("user", "Recognised as a visitor who was here before") for event in events}


@describes("CustomersMerged", "MergeUndone", group=PROFILE)
def describe_merges(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    absorbed = Customer.objects.in_bulk({event.payload.get("absorbed_id") for event in events})
    words = {"CustomersMerged": "Merged with {}", "MergeUndone": "Merge with {} undone"}
    return {
        event.pk: TimelineEntry("arrow-merge", words[event.kind].format(other))
        for event in events
        if (other := absorbed.get(event.payload.get("absorbed_id")))
    }


@describes("CustomerExported", "CustomerErased", group=PRIVACY)
def describe_privacy(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    words = {
        "CustomerExported": TimelineEntry("download", "Everything known was handed out"),
        "CustomerErased": TimelineEntry("eye-off", "Erased"),
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
        event.pk: TimelineEntry("activity", event.payload["name"] or "Something happened", detail(event))
        for event in events
    }
