from __future__ import annotations

from django.utils import timezone

from customers.events import CustomerJoined
from tests.architecture.access.rows import Kwargs, Row
from timeline.models import DeadLetter
from timeline.recording import record
from timeline.registry import subscribers


def a_dead_letter() -> Kwargs:
    event = record(CustomerJoined(customer_id=1, source="test"))
    letter = DeadLetter.objects.create(
        subscriber=subscribers()[0].name, event_id=event.pk, error="no", attempts=5, failed_at=timezone.now()
    )
    return {"dead_letter_id": letter.pk}


ROWS = {
    "timeline:dead_letter_list": Row(),
    "timeline:dead_letter_replay": Row(a_dead_letter, get=False, post=lambda _: {}),
}
