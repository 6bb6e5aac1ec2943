"""What the editor says by itself, under the names by which its script asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_WORDS: Mapping[str, Any] = {
    "add": _("Add"),
    "addExit": _("Add an exit rule"),
    "addFilter": _("Only some of them"),
    "addGoal": _("Set a goal"),
    "asks": _("Ask"),
    "asksCustomer": _("What holds for the customer"),
    "at": _("At, where they live"),
    "atMost": _("At most for"),
    "begins": _("What begins it"),
    "beginsBy": _("It begins with"),
    "by": _("Told apart by"),
    "choose": _("Choose"),
    "date": _("Which date"),
    "days": _("Days"),
    "down": _("Move down"),
    "ends": _("What ends it early"),
    "endsBy": _("It ends when"),
    "endsHint": _("Looked at when it happens, and again whenever a message is about to leave."),
    "event": _("Event"),
    "eventName": _("Called"),
    "exits": {
        "event": _("something happens"),
        "left": _("a segment is left"),
        "entered": _("a segment is entered"),
        "condition": _("something holds"),
    },
    "field": _("Field"),
    "filter": _("Only those for whom this holds"),
    "goal": _("The goal"),
    "goTo": _("Go on at"),
    "holdout": _("Hold out, percent"),
    "holdoutHint": _(
        "This share of those who would enter is drawn by chance and gets nothing, to show what happens without the "
        "flow. Empty: nobody."
    ),
    "hours": _("Hours"),
    "howOften": _("The same customer may enter"),
    "member": _("Colleague"),
    "minutes": _("Minutes"),
    "monthDay": _("Month and day"),
    "newStep": _("What the next step does"),
    "offset": _("Days before (-) or after"),
    "onDays": _("Only on"),
    "pause": _("Days of pause"),
    "percent": _("Percent who go the first way"),
    "remove": _("Remove"),
    "restarts": _("If it happens again while they wait, the wait begins anew"),
    "segment": _("Segment"),
    "steps": _("Steps"),
    "subject": _("Subject"),
    "subjects": {"event": _("each event"), "cart": _("the cart"), "order": _("the order")},
    "tag": _("Tag"),
    "template": _("Text"),
    "text": _("What they are told"),
    "topic": _("Topic"),
    "triggers": {
        "event": _("an event"),
        "segment": _("coming into a segment"),
        "date": _("a date of the customer's"),
        "day": _("a day of the year"),
        "hand": _("nothing by itself"),
    },
    "until": _("Then until, where they live"),
    "up": _("Move up"),
    "value": _("Value"),
    "waitFor": _("Wait for"),
    "within": _("Counts for so many days after the end"),
}


def editor_words() -> dict[str, Any]:
    return {
        name: {key: str(each) for key, each in said.items()} if isinstance(said, dict) else str(said)
        for name, said in _WORDS.items()
    }
