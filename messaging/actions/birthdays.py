"""The birthday greeting: the one automation that runs by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.doorbells import ring
from accounts.models import User
from accounts.scope import current_workspace
from accounts.tokens import new_secret
from messaging.actions.queueing import queue_messages
from messaging.actions.stopping import cancel_messages
from messaging.actions.templates import add_template, refresh_template, rewrite_template
from messaging.drafts import MessageDraft
from messaging.events import BirthdayReached, GreetingChanged, GreetingSwitchedOff, GreetingSwitchedOn
from messaging.flows.plans import greeting_flow
from messaging.models import BirthdayGreeting, Message, Priority, SubscriptionTopic
from messaging.models.consent import GREETINGS
from messaging.purposes import Purpose
from messaging.queries import Celebrant, celebrants, mornings
from messaging.reasons import Reason
from messaging.refusals import GreetedByFlow, NoTopic
from messaging.rendering import example_context
from timeline.recording import record, record_many

QUEUE = "birthdays"
STEP = 500
DEFAULT_HOUR = 9
DEFAULT_SUBJECT = "Happy birthday, {{ customer.first_name or 'from all of us' }}!"
DEFAULT_BODY = """Hello {{ customer.first_name or 'there' }},

Today is your day, and all of us at {{ workspace.name }} wish you a very happy birthday!

Come by soon; we would love to see you.

{{ workspace.sender_name }}"""


@transaction.atomic
def write_greeting(
    *, subject: str, body: str, topic: SubscriptionTopic, send_hour: int, written_by: User | None = None
) -> BirthdayGreeting:
    """What is sent, under which topic, and at which hour of the customer's day. Raises BadTemplate.

    Greetings that wait in the queue already keep the words that they were queued with.
    """
    greeting = _locked()
    if greeting is None:
        version = add_template(
            key=Purpose.BIRTHDAY, name="Birthday greeting", subject=subject, body=body, written_by=written_by
        )
        greeting = BirthdayGreeting(template=version.template)
    else:
        rewrite_template(greeting.template, subject=subject, body=body, written_by=written_by)
    greeting.topic, greeting.send_hour = topic, send_hour
    greeting.save()
    record(GreetingChanged(customer_id=None, greeting_id=greeting.pk))
    ring(QUEUE)
    return greeting


@transaction.atomic
def switch_on_greeting() -> BirthdayGreeting:
    """From now on, and those of today whose hour has struck at once. Twice is once.

    Nobody needs to write it first: there is a text to begin with. Raises NoTopic, and GreetedByFlow.
    """
    greeting = _locked() or _write_default()
    if not greeting.is_on:
        if flow := greeting_flow():
            raise GreetedByFlow(flow)
        greeting.is_on, greeting.switched_on_at = True, timezone.now()
        greeting.save(update_fields=["is_on", "switched_on_at"])
        record(GreetingSwitchedOn(customer_id=None, greeting_id=greeting.pk))
        ring(QUEUE)
    return greeting


@transaction.atomic
def switch_off_greeting() -> int:
    """No more, and what has not left yet is taken back. Returns how many that were. Twice is once."""
    greeting = _locked()
    if greeting is None or not greeting.is_on:
        return 0
    greeting.is_on = False
    greeting.save(update_fields=["is_on"])
    record(GreetingSwitchedOff(customer_id=None, greeting_id=greeting.pk))
    return cancel_messages(Message.objects.filter(purpose=Purpose.BIRTHDAY), reason=Reason.SWITCHED_OFF)


@transaction.atomic
def greet_birthdays(*, now: datetime, limit: int = STEP) -> int:
    """Queue the greetings of those whose morning has come, at most `limit`. Returns how many: fewer, if that was all.

    The lock on the greeting puts planners, and the switch, in order; the dedupe key holds without it, too.
    """
    greeting = _locked()
    if greeting is None or not greeting.is_on:
        return 0
    due = celebrants(mornings(greeting.send_hour, now=now), limit=limit)
    if not due:
        return 0
    version = refresh_template(greeting.template)
    keys = [each.dedupe_key for each in due]
    revived = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    queue_messages(
        MessageDraft(
            address=each.address,
            purpose=Purpose.BIRTHDAY,
            dedupe_key=each.dedupe_key,
            template_version_id=version.pk,
            customer_id=each.customer_id,
            topic_id=greeting.topic_id,
            context={"day": each.day.isoformat()},
            priority=Priority.AUTOMATION,
            not_before=now,
        )
        for each in due
    )
    _record_reached([each for each in due if each.dedupe_key not in revived])
    return len(due)


@transaction.atomic
def look_for_birthdays() -> None:
    """Somebody came who may have a birthday today."""
    if BirthdayGreeting.objects.filter(is_on=True).exists():
        ring(QUEUE)


@transaction.atomic
def reconsider_birthdays(customer_ids: list[int]) -> None:
    """Their birthday, zone or address was edited: take back what waits, and look again whose morning it is."""
    if BirthdayGreeting.objects.filter(is_on=True).exists():
        waiting = Message.objects.filter(purpose=Purpose.BIRTHDAY, customer__in=customer_ids)
        cancel_messages(waiting, reason=Reason.RECONSIDERED)
        ring(QUEUE)


def _record_reached(due: list[Celebrant]) -> None:
    messages = dict(
        Message.objects.filter(dedupe_key__in=[each.dedupe_key for each in due]).values_list("dedupe_key", "pk")
    )
    record_many(
        BirthdayReached(customer_id=each.customer_id, year=each.day.year, message_id=messages[each.dedupe_key])
        for each in due
    )


def _locked() -> BirthdayGreeting | None:
    return BirthdayGreeting.objects.select_for_update(of=("self",)).select_related("template", "topic").first()


@transaction.atomic
def send_test_greeting(user: User) -> None:
    """The words as they are saved, to somebody of the staff, with an invented customer. Raises NoTopic."""
    greeting = _locked() or _write_default()
    version = refresh_template(greeting.template)
    draft = MessageDraft(
        address=user.email,
        purpose=Purpose.TEST,
        dedupe_key=f"{Purpose.TEST}:{user.pk}:{new_secret()}",
        template_version_id=version.pk,
        context={"customer": example_context(Purpose.BIRTHDAY, workspace=current_workspace())["customer"]},
        priority=Priority.TRANSACTIONAL,
    )
    queue_messages([draft])


def _write_default() -> BirthdayGreeting:
    return write_greeting(subject=DEFAULT_SUBJECT, body=DEFAULT_BODY, topic=_default_topic(), send_hour=DEFAULT_HOUR)


def _default_topic() -> SubscriptionTopic:
    topics = SubscriptionTopic.objects.in_use()
    topic = topics.filter(key=GREETINGS).first() or topics.first()
    if topic is None:
        raise NoTopic
    return topic
