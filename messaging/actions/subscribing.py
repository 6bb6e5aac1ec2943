"""What people do by themselves on the public pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.tokens import new_secret
from customers.actions import add_customer, edit_customer, restore_customer
from customers.models import Customer
from customers.normalising import Birthday, clean_email
from customers.refusals import EmailTaken
from messaging.actions.campaigns.counting import mark_stale
from messaging.actions.confirmation_letters import confirmation_draft, confirmation_text
from messaging.actions.consent import (
    Evidence,
    ask_consent,
    confirm_consent,
    give_consent,
    unsubscribe_from_everything,
    withdraw_consent,
)
from messaging.actions.queueing import queue_messages
from messaging.actions.suppression import lift_unsubscription
from messaging.actions.wishes import end_pause, pause_messages, write_as_it_comes, write_less_often
from messaging.eligibility import consents_of
from messaging.models import (
    ConsentSource,
    ConsentState,
    Message,
    SubscriptionTopic,
)
from messaging.queries import JOIN_PAGE


@transaction.atomic
def join(
    *, name: str, email: str, birthday: Birthday | None, topics: Sequence[SubscriptionTopic], ip: str | None
) -> Message:
    """Somebody who may be anybody signs up: a profile, if the address is new, and a message asking to confirm.

    Of a customer whom we know nothing is changed, since the address proves nothing yet. Raises ValueRefused.
    """
    customer = _holder(email)
    if customer is None:
        customer = _newcomer(name=name, email=email, birthday=birthday)
    else:
        _take_as_long_as_for_a_newcomer(name=name, birthday=birthday)
    draft = confirmation_draft(customer, topics, text=confirmation_text(), key=new_secret())
    queue_messages([draft])
    message = Message.objects.get(dedupe_key=draft.dedupe_key)
    ask_consent(customer, topics, evidence=Evidence(source=ConsentSource.JOIN_PAGE, ip=ip), message=message)
    return message


@transaction.atomic
def confirm_subscription(message: Message, *, ip: str | None) -> list[SubscriptionTopic]:
    """The address answered. Whoever was archived meanwhile is a customer again.

    Returns those topics of the message that the customer is written to about now.
    """
    topics = confirm_consent(message, ip=ip)
    if message.customer is not None and message.customer.archived_at:
        restore_customer(message.customer)
    return topics


@transaction.atomic
def unsubscribe(message: Message, customer: Customer, *, from_everything: bool, evidence: Evidence) -> None:
    """By the link of a message: from its topic, or from all of them."""
    if Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=timezone.now()):
        mark_stale([message.pk])
    if from_everything or message.topic is None:
        unsubscribe_from_everything(customer, evidence=evidence)
    else:
        withdraw_consent(customer, [message.topic], evidence=evidence)


@transaction.atomic
def choose_topics(customer: Customer, *, name: str, topics: Collection[SubscriptionTopic], evidence: Evidence) -> None:
    """What the customer agrees to from now on, and nothing else. The link proved the address.

    Raises ValueRefused and CustomerGone.
    """
    edit_customer(customer, name=name)
    offered = list(SubscriptionTopic.objects.in_use())
    said = consents_of([customer.pk], [topic.pk for topic in offered])
    left = [topic for topic in offered if topic not in topics and _is_open(said.get((customer.pk, topic.pk)))]
    withdraw_consent(customer, left, evidence=evidence)
    give_consent(customer, topics, evidence=evidence)
    if topics:
        lift_unsubscription(customer.email)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """`pause_days`: 0 ends a pause. None leaves it, or how often the customer is written to, as it was."""

    name: str
    topics: Collection[SubscriptionTopic]
    pause_days: int | None = None
    is_less_often: bool | None = None


@transaction.atomic
def choose_preferences(customer: Customer, choices: Choices, *, evidence: Evidence) -> None:
    """Everything that the preference page shows, as its owner left it. Raises ValueRefused and CustomerGone."""
    choose_topics(customer, name=choices.name, topics=choices.topics, evidence=evidence)
    if choices.pause_days:
        pause_messages(customer, days=choices.pause_days)
    elif choices.pause_days == 0:
        end_pause(customer)
    if choices.is_less_often is not None:
        choose = write_less_often if choices.is_less_often else write_as_it_comes
        choose(customer)


def _is_open(state: str | None) -> bool:
    return state in {ConsentState.GIVEN, ConsentState.PENDING}


def _holder(email: str) -> Customer | None:
    return Customer.objects.filter(email_norm=clean_email(email).norm, merged_into=None, erased_at=None).first()


def _newcomer(*, name: str, email: str, birthday: Birthday | None) -> Customer:
    try:
        with transaction.atomic():
            return add_customer(source=JOIN_PAGE, source_channel=JOIN_PAGE, name=name, email=email, birthday=birthday)
    except EmailTaken as taken:
        # Pressed twice: the other request was first.
        return taken.customer


def _take_as_long_as_for_a_newcomer(*, name: str, birthday: Birthday | None) -> None:
    """The time of the answer must not tell whom we know: what a newcomer costs is done here too, and undone."""
    with transaction.atomic():
        _newcomer(name=name, email=f"{new_secret()}@nobody.invalid", birthday=birthday)
        transaction.set_rollback(True)
