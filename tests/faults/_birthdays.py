"""The database's side of `./run faults birthday`: a bakery with many birthdays."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions.birthdays import STEP
from messaging.models import SubscriptionTopic
from messaging.models.consent import GREETINGS
from tests.faults._outbox import SLUG, bring_in, open_bakery


def celebrate(count: int) -> set[str]:
    """A workspace whose customers all have their birthday today and agreed to be greeted. Returns their addresses."""
    bakery = open_bakery()
    today = timezone.now().astimezone(bakery.tzinfo).date()
    with workspace_scope(bakery):
        actions.add_default_topics()
        topic = SubscriptionTopic.objects.get(key=GREETINGS)
        addresses = bring_in(count, topic, birth_monthday=today.month * 100 + today.day)
        actions.write_greeting(
            subject="Happy birthday, {{ customer.first_name }}!",
            body="Dear {{ customer.name }},\n\nall the best!\n\n{{ workspace.name }}",
            topic=topic,
            send_hour=0,
        )
        actions.switch_on_greeting()
    return addresses


def greet() -> None:
    """What the workers do by themselves, done here and now."""
    greeted = STEP
    while greeted == STEP:
        with workspace_scope(Workspace.objects.get(slug=SLUG)):
            greeted = actions.greet_birthdays(now=timezone.now(), limit=STEP)
