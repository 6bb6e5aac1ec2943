from __future__ import annotations

from django.db import transaction

from timeline.drain import replay
from timeline.models import DeadLetter


@transaction.atomic
def replay_dead_letter(letter: DeadLetter) -> bool:
    """Hand the event to its subscriber once more. Returns whether it was taken this time; else it stays parked."""
    return replay(DeadLetter.objects.select_for_update().get(pk=letter.pk))
