from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext

from accounts.models import Workspace
from accounts.scope import current_workspace_id
from messaging.events import ConfirmationPolicySet, TopicAdded, TopicArchived, TopicChanged, TopicRestored
from messaging.models import BirthdayGreeting, ConfirmationPolicy, SubscriptionTopic
from messaging.models.consent import GREETINGS, NEWSLETTER
from messaging.refusals import TopicInUse, TopicNameTaken
from timeline.recording import record, record_many

KEY_LENGTH = 50


@transaction.atomic
def add_default_topics() -> None:
    """What a new workspace begins with. Adding them again changes nothing."""
    defaults = {
        NEWSLETTER: (gettext("Newsletter"), gettext("News and offers, now and then.")),
        GREETINGS: (gettext("Birthday and personal greetings"), gettext("A greeting on your birthday.")),
    }
    present = set(SubscriptionTopic.objects.filter(key__in=defaults).values_list("key", flat=True))
    for key, (name, description) in defaults.items():
        if key not in present:
            add_topic(name=name, description=description, is_default=True, key=key)


@transaction.atomic
def add_topic(
    *, name: str, description: str = "", is_default: bool = False, needs_confirmation: bool | None = None, key: str = ""
) -> SubscriptionTopic:
    """`key` comes from the name unless it is given; `needs_confirmation`: None follows the workspace.

    Raises TopicNameTaken.
    """
    policy = _confirmation_policy()
    last = SubscriptionTopic.objects.aggregate(last=Max("position"))["last"]
    topic = SubscriptionTopic(
        key=key or _free_key(name),
        name=name,
        description=description,
        is_default=is_default,
        needs_confirmation=policy if needs_confirmation is None else needs_confirmation,
        follows_workspace=needs_confirmation is None,
        position=0 if last is None else last + 1,
    )
    _save(topic)
    record(TopicAdded(customer_id=None, topic_id=topic.pk))
    return topic


@transaction.atomic
def edit_topic(
    topic: SubscriptionTopic, *, name: str, description: str, is_default: bool, needs_confirmation: bool | None = None
) -> SubscriptionTopic:
    """Consent that was given keeps the words that it was given to. Raises TopicNameTaken.

    `needs_confirmation`: from now on, only those are written to about it who confirmed it, whenever they agreed. None:
    as the workspace wants it of all topics that do not say otherwise.
    """
    policy = _confirmation_policy()
    topic = SubscriptionTopic.objects.select_for_update().get(pk=topic.pk)
    before = _settings_of(topic)
    topic.name, topic.description, topic.is_default = name, description, is_default
    topic.follows_workspace = needs_confirmation is None
    topic.needs_confirmation = policy if needs_confirmation is None else needs_confirmation
    if _settings_of(topic) != before:
        _save(topic)
        record(TopicChanged(customer_id=None, topic_id=topic.pk))
    return topic


@transaction.atomic
def archive_topic(topic: SubscriptionTopic) -> SubscriptionTopic:
    """Nobody is asked for it or written to about it any more; consents stay as they are. Raises TopicInUse."""
    topic = SubscriptionTopic.objects.select_for_update().get(pk=topic.pk)
    if BirthdayGreeting.objects.filter(topic=topic, is_on=True).exists():
        raise TopicInUse(topic)
    if topic.archived_at is None:
        topic.archived_at = timezone.now()
        topic.save(update_fields=["archived_at"])
        record(TopicArchived(customer_id=None, topic_id=topic.pk))
    return topic


@transaction.atomic
def restore_topic(topic: SubscriptionTopic) -> SubscriptionTopic:
    """Raises TopicNameTaken if another got its name meanwhile."""
    topic = SubscriptionTopic.objects.select_for_update().get(pk=topic.pk)
    if topic.archived_at is not None:
        topic.archived_at = None
        _save(topic)
        record(TopicRestored(customer_id=None, topic_id=topic.pk))
    return topic


@transaction.atomic
def set_confirmation_policy(*, needs_confirmation: bool) -> list[SubscriptionTopic]:
    """What new topics, and all that follow the workspace, want from now on. Returns those that now want otherwise.

    Nothing that was said or confirmed is touched: whether it counts is asked when a message leaves.
    """
    if _confirmation_policy() == needs_confirmation:
        return []
    ConfirmationPolicy.objects.update_or_create(defaults={"needs_confirmation": needs_confirmation})
    record(ConfirmationPolicySet(customer_id=None, needs_confirmation=needs_confirmation))
    followers = SubscriptionTopic.objects.filter(follows_workspace=True)
    turned = list(followers.exclude(needs_confirmation=needs_confirmation).select_for_update().order_by("pk"))
    SubscriptionTopic.objects.filter(pk__in=[topic.pk for topic in turned]).update(
        needs_confirmation=needs_confirmation
    )
    record_many(TopicChanged(customer_id=None, topic_id=topic.pk) for topic in turned)
    return turned


def _confirmation_policy() -> bool:
    """Locked until the transaction ends, or a topic that is being added would miss what is being set."""
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())
    return ConfirmationPolicy.objects.filter(needs_confirmation=True).exists()


def _settings_of(topic: SubscriptionTopic) -> tuple[str | bool, ...]:
    return topic.name, topic.description, topic.is_default, topic.needs_confirmation, topic.follows_workspace


def _save(topic: SubscriptionTopic) -> None:
    try:
        with transaction.atomic():
            topic.save()
    except IntegrityError as error:
        if "one_topic_per_name" not in str(error):
            raise
        raise TopicNameTaken(topic.name) from error


def _free_key(name: str) -> str:
    """The name as programs may write it, numbered if there was such a key before."""
    stem = slugify(name)[:KEY_LENGTH].strip("-") or "topic"
    taken = set(SubscriptionTopic.objects.filter(key__startswith=stem).values_list("key", flat=True))
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key
