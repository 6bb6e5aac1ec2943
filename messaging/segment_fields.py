"""What segments can ask of messages and consent: what somebody got, and what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.db.models import Count, Field, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.public_ids import encode_id
from accounts.scope import current_workspace_id
from customers.segment_fields import WHO_COUNTS
from customers.segments.comparing import Operator, ValueRefused, ValueWanted, checked_value
from customers.segments.definitions import Condition
from customers.segments.fields import ConditionRefused, Frame, Question, SegmentField, register_segment_fields, value_of
from customers.segments.history import History, HistoryField
from customers.segments.labels import ids_of
from customers.staging import bigints
from messaging.events import (
    ConsentAsked,
    ConsentConfirmed,
    ConsentGiven,
    ConsentWithdrawn,
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageDelivered,
    MessageOpened,
    MessageSent,
)
from messaging.models import Campaign, ConsentState, Message, MessageState, SubscriptionTopic, Template

MESSAGES, CONSENT = gettext_lazy("Messages"), gettext_lazy("Consent")
CAMPAIGN = "cam"
_MOST_OFFERED = 200
_ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.COMPLAINED)
_ON_THE_WAY = frozenset(event.kind for event in (MessageSent, MessageDelivered, MessageBounced, MessageComplained))
_CONSENTING = frozenset(event.kind for event in (ConsentGiven, ConsentConfirmed, ConsentAsked, ConsentWithdrawn))
_STATE_OF_OPERATOR = {
    "given": ConsentState.GIVEN,
    "confirmed": ConsentState.GIVEN,
    "withdrawn": ConsentState.WITHDRAWN,
    "pending": ConsentState.PENDING,
}
# The newest word on a topic counts, by the index `consent_newest_first` alone.
_NEWEST_WORDS = """
select said.customer_id from (
  select distinct on (customer_id, topic_id) customer_id, state,
         confirmed_at is not null or source in ('join_page', 'preferences') as is_confirmed
  from messaging_consentrecord
  where workspace_id = %s and topic_id = any(%s::bigint[]) {those} order by customer_id, topic_id, at desc, id desc
) as said where said.state = %s{confirmed}
"""


@dataclass(frozen=True)
class MessagesField(HistoryField):
    """`where` narrows the messages: to those on any of some topics, of some campaigns, or with any of some texts."""

    key: str
    label: str | Promise
    rows: Any
    day: Field[Any, Any]
    listens: frozenset[str]
    group: str | Promise = MESSAGES
    filters: ClassVar[tuple[str, ...]] = ("topic", "campaign", "template")

    def history(self, condition: Condition, value: float) -> Question:
        return History(
            rows=partial(_messages, self.rows, **_narrowed(condition)),
            day=self.day,
            operator=condition.operator,
            value=value,
            within_days=condition.within_days,
            measure=Count("*"),
        )

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        if name == "topic":
            return topic_choices()
        if name == "campaign":
            newest = Campaign.objects.order_by("-pk")[:_MOST_OFFERED]
            return [(encode_id(CAMPAIGN, campaign.pk), str(campaign)) for campaign in newest]
        return [(encode_id("tpl", each.pk), each.name) for each in Template.objects.in_use().order_by("name", "pk")]


def _arrived() -> QuerySet[Message]:
    return Message.objects.filter(state__in=_ARRIVED)


def _opened() -> QuerySet[Message]:
    return Message.objects.filter(opened_at__isnull=False)


def _clicked() -> QuerySet[Message]:
    return Message.objects.filter(clicked_at__isnull=False)


def _messages(
    rows: Any,
    *,
    topic: Sequence[int] | None = None,
    campaign: Sequence[int] | None = None,
    template: Sequence[int] | None = None,
) -> QuerySet[Message]:
    messages: QuerySet[Message] = rows()
    if topic is not None:
        messages = messages.filter(topic__in=topic)
    if campaign is not None:
        messages = messages.filter(campaign__in=campaign)
    if template is not None:
        messages = messages.filter(template_version__template__in=template)
    return messages


def _narrowed(condition: Condition) -> dict[str, list[int]]:
    narrowed: dict[str, list[int]] = {}
    for name, value in condition.where.items():
        try:
            names = checked_value(Operator("", ValueWanted.CHOICES), value)
        except ValueRefused as refusal:
            raise ConditionRefused(str(refusal), part=f"where.{name}") from None
        if name == "topic":
            narrowed[name] = topics_called(names, part="where.topic")
        elif name == "campaign":
            narrowed[name] = ids_of(names, prefix=CAMPAIGN, things=Campaign.objects.all(), part="where.campaign")
        else:
            narrowed[name] = ids_of(names, prefix="tpl", things=Template.objects.all(), part="where.template")
    return narrowed


def topics_called(keys: Sequence[str], *, part: str) -> list[int]:
    """The topics with these keys. Raises ConditionRefused for one that is not there."""
    there = dict(SubscriptionTopic.objects.filter(key__in=keys).values_list("key", "pk"))
    for key in keys:
        if key not in there:
            raise ConditionRefused(_("There is no topic “%(key)s”.") % {"key": key}, part=part)
    return sorted(there.values())


def topic_choices() -> list[tuple[str, str]]:
    return [(topic.key, topic.name) for topic in SubscriptionTopic.objects.in_use()]


@dataclass(frozen=True)
class ConsentQuestion(Question):
    """Whose newest word on any of the topics is `state`; without one, who never said anything on any of them."""

    topics: Sequence[int]
    state: str | None
    is_confirmed: bool = False

    def ask(self, frame: Frame) -> Q:
        those, params = "", [current_workspace_id(), bigints(self.topics)]
        if frame.ids is not None:
            those, params = "and customer_id = any(%s::bigint[])", [*params, bigints(frame.ids)]
        if self.state is None:
            sql = f"""select customer_id from messaging_consentrecord
                      where workspace_id = %s and topic_id = any(%s::bigint[]) {those}"""  # noqa: S608  our own words
            return ~frame.among(RawSQL(sql, params))  # noqa: S611
        confirmed = " and said.is_confirmed" if self.is_confirmed else ""
        return frame.among(RawSQL(_NEWEST_WORDS.format(those=those, confirmed=confirmed), [*params, self.state]))  # noqa: S611

    def is_certain(self, frame: Frame) -> bool:
        return True


@dataclass(frozen=True)
class ConsentField(SegmentField):
    """Topics by their keys."""

    key: str
    label: str | Promise
    group: str | Promise = CONSENT
    listens: frozenset[str] = WHO_COUNTS | _CONSENTING

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {
            "given": Operator(gettext_lazy("was given to any of"), ValueWanted.CHOICES),
            "confirmed": Operator(gettext_lazy("was given and confirmed to any of"), ValueWanted.CHOICES),
            "withdrawn": Operator(gettext_lazy("was withdrawn from any of"), ValueWanted.CHOICES),
            "pending": Operator(gettext_lazy("waits for confirmation of any of"), ValueWanted.CHOICES),
            "never": Operator(gettext_lazy("was never asked for any of"), ValueWanted.CHOICES),
        }

    def question(self, condition: Condition) -> Question:
        topics = topics_called(value_of(condition, self), part="value")
        return ConsentQuestion(topics, _STATE_OF_OPERATOR.get(condition.operator), condition.operator == "confirmed")

    def choices(self) -> list[tuple[str, str]]:
        return topic_choices()


register_segment_fields(
    MessagesField(
        "messages_received",
        gettext_lazy("Messages received"),
        rows=_arrived,
        day=Message._meta.get_field("sent_at"),
        listens=WHO_COUNTS | _ON_THE_WAY,
    ),
    MessagesField(
        "messages_opened",
        gettext_lazy("Messages opened"),
        rows=_opened,
        day=Message._meta.get_field("opened_at"),
        listens=WHO_COUNTS | {MessageOpened.kind},
    ),
    MessagesField(
        "messages_clicked",
        gettext_lazy("Messages clicked"),
        rows=_clicked,
        day=Message._meta.get_field("clicked_at"),
        listens=WHO_COUNTS | {MessageClicked.kind},
    ),
    ConsentField("consent", gettext_lazy("Consent")),
)
